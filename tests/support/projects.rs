//! Conversion of Compose projects, as the command line does it.

use compose_loader::{
    Project, Severity, Sources,
    discover::{Options as Find, discover},
    load_with,
};
use stackwright::convert::{Converted, Folders, Options, convert};
use stackwright::translate::{Facts, ObjectKind, content_digest};

/// Returns a project with all services, its sources and its conversion, or the error of loading.
pub fn converted(
    find: &Find,
    files: &dyn Folders,
    registry: Option<String>,
) -> Result<(Project, Sources, Converted), String> {
    let mut found = discover(find, files).map_err(|error| error.0.line(&error.1))?;
    let profiles = std::mem::replace(&mut found.request.profiles, vec!["*".to_owned()]);
    found.request.stages.jobs = true;
    let loaded = load_with(&found.request, files, found.sources);
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|error| error.line(&loaded.sources)).collect();
    let project = loaded.project.ok_or_else(|| errors.join("\n"))?;
    let converted = convert(&project, files, &Options { namespace: None, registry, profiles });
    Ok((project, loaded.sources, converted))
}

/// Returns the facts of a new cluster that has the objects which a Stack reads.
pub fn facts(converted: &Converted) -> Facts {
    let maps = converted.objects.config_maps.iter().map(|it| (ObjectKind::ConfigMap, it));
    let secrets = converted.objects.secrets.iter().map(|it| (ObjectKind::Secret, it));
    let objects = maps.chain(secrets).map(|(kind, (name, data))| {
        let keys = data.iter().map(|(key, value)| (key.clone(), content_digest(value)));
        ((kind, name.clone()), keys.collect())
    });
    Facts { objects: objects.collect(), ..Facts::default() }
}
