//! The conversion of a Compose project to a Stack.

use anyhow::bail;
use compose_loader::{Diagnostic, Severity, Sources, discover::Discovered, load_with};

use super::project::{ProjectArgs, current_folder};
use super::report;
use crate::convert::secrecy::quiet::Quiet;
use crate::convert::verdict::Entry;
use crate::convert::{Converted, Options, convert};
use crate::rules::{Kind, Rule, Verdict};
use crate::text::validation::is_dns_label;

/// The project, and the options of its conversion.
#[derive(Debug, clap::Args)]
pub struct ConversionArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Write this namespace into the objects [default: none]
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace)]
    pub namespace: Option<String>,
    #[command(flatten)]
    pub choices: Choices,
}

/// What the user chooses for a conversion.
#[derive(Debug, clap::Args)]
pub struct Choices {
    /// Prefix images that the project builds with this registry, such as registry.example.com/team
    #[arg(long, value_name = "REGISTRY")]
    pub registry: Option<String>,
    /// Omit values that rule ID refuses instead of failing; 'all' for every rule
    ///
    /// A value that only the operator refuses is written to the Stack anyway.
    #[arg(long, value_name = "ID")]
    pub allow_refused: Vec<String>,
}

/// Parses the name of a Namespace.
fn namespace(text: &str) -> Result<String, String> {
    let fits = is_dns_label(text);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "a name has at most 63 lower-case letters, digits and hyphens".to_owned())
}

/// A converted project, whose diagnostics are printed.
pub struct Conversion {
    /// The Stack with its objects and verdicts.
    pub converted: Converted,
    /// The files that places refer to.
    pub sources: Sources,
    /// The folder of the project.
    pub folder: String,
    /// The paths of the Compose files.
    pub files: Vec<String>,
    refused: usize,
}

impl ConversionArgs {
    /// Loads and converts the project, and prints all diagnostics.
    ///
    /// # Errors
    /// When the project cannot be loaded.
    pub fn convert(&self) -> anyhow::Result<Conversion> {
        self.choices.convert(&self.project, self.namespace.as_deref())
    }
}

impl Choices {
    /// Loads and converts a project for a namespace, and prints all diagnostics.
    ///
    /// # Errors
    /// When the project cannot be loaded.
    pub fn convert(&self, project: &ProjectArgs, namespace: Option<&str>) -> anyhow::Result<Conversion> {
        let folder = current_folder()?;
        let files = project.files(&folder)?;
        let Discovered { mut request, sources, warnings } = project.discover(&folder, &*files)?;
        let paths = request.files.iter().map(|file| file.path.clone()).collect();
        // A Stack contains all services and lists the active profiles in spec.profiles.
        let profiles = std::mem::replace(&mut request.profiles, vec!["*".to_owned()]);
        request.stages.jobs = true;
        let loaded = load_with(&request, &*files, sources);
        let quiet = Quiet::of(&loaded.sources, &request.environment);
        let quiet = loaded.project.iter().fold(quiet, Quiet::with);
        report::print(&[warnings, loaded.diagnostics].concat(), &loaded.sources, &folder, &quiet);
        let Some(project) = loaded.project else { bail!("cannot load the project") };
        let (namespace, registry) = (namespace.map(str::to_owned), self.registry.clone());
        let converted = convert(&project, &*files, &Options { namespace, registry, profiles });
        let messages = messages(&converted, &self.allow_refused);
        report::print(&messages, &loaded.sources, &folder, &quiet.and(&converted));
        let refused = converted.refused(&self.allow_refused).count();
        let folder = if project.working_dir.is_empty() { folder } else { project.working_dir };
        Ok(Conversion { converted, sources: loaded.sources, folder, files: paths, refused })
    }
}

impl Conversion {
    /// Checks that the user accepts all refusals.
    ///
    /// # Errors
    /// When a value is refused that `--allow-refused` does not name.
    pub fn check_refused(&self) -> anyhow::Result<()> {
        let refused = self.refused;
        if refused > 0 {
            bail!(
                "cannot convert {refused} {}, so nothing was written: fix the errors above, or pass --allow-refused ID",
                if refused == 1 { "value" } else { "values" }
            );
        }
        Ok(())
    }
}

/// Returns a diagnostic for each approximation, refusal and advice. A refusal that the user accepts is a warning.
pub(super) fn messages(converted: &Converted, allowed: &[String]) -> Vec<Diagnostic> {
    let refused: Vec<*const Entry> = converted.refused(allowed).map(std::ptr::from_ref).collect();
    let entries = converted.entries.iter().filter(|entry| {
        matches!(entry.kind, Kind::Verdict(Verdict::Refused | Verdict::Approximated) | Kind::Advice)
    });
    entries
        .map(|entry| {
            let error = refused.contains(&std::ptr::from_ref(entry));
            let state = match entry.kind {
                Kind::Verdict(Verdict::Refused) if error => "",
                Kind::Verdict(Verdict::Refused) if entry.rule.is_some_and(Rule::is_of_the_operator) => {
                    " is written anyway"
                }
                Kind::Verdict(Verdict::Refused) => " is left out",
                _ => "",
            };
            Diagnostic::external(
                entry.rule.map_or("", |rule| rule.id),
                if error { Severity::Error } else { Severity::Warning },
                entry.place,
                format!("{}{state}: {}", attribute(&entry.pointer), entry.reason()),
            )
            .remedy(entry.remedy().unwrap_or_default())
        })
        .collect()
}

/// Returns `services.web.ports.0` for `/services/web/ports/0`.
pub(super) fn attribute(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}
