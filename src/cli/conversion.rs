//! A compose project on its way to a Stack, as `convert` and `render` take it.

use anyhow::bail;
use compose_loader::{Diagnostic, Severity, Sources, discover::Discovered, load_with};

use super::project::{ProjectArgs, current_folder};
use super::report;
use crate::convert::catalogue::Rule;
use crate::convert::secrecy::quiet::Quiet;
use crate::convert::verdict::{Entry, Verdict};
use crate::convert::{Converted, Options, convert};
use crate::translate::names::is_dns_label;

/// Which project, and what its conversion is told.
#[derive(Debug, clap::Args)]
pub struct ConversionArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// The namespace that the objects name [default: none, for the one they are applied in]
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace)]
    pub namespace: Option<String>,
    /// The registry, with a path if it has one, that images which the project builds are pushed to
    #[arg(long, value_name = "REGISTRY")]
    pub registry: Option<String>,
    /// Accept what is refused by this rule: what was not converted is left out, and what the operator refuses is
    /// written; `all` for all rules
    #[arg(long, value_name = "ID")]
    pub allow_refused: Vec<String>,
}

/// A name that a Namespace may bear.
fn namespace(text: &str) -> Result<String, String> {
    let fits = is_dns_label(text);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "write at most 63 lower-case letters, digits and hyphens".to_owned())
}

/// A project that was converted; what there is to say of it is said.
pub struct Conversion {
    /// What it became.
    pub converted: Converted,
    /// The texts that places stand in.
    pub sources: Sources,
    /// The project's folder.
    pub folder: String,
    refused: usize,
}

impl ConversionArgs {
    /// Loads and converts the project, and prints all messages.
    ///
    /// # Errors
    /// Where the project cannot be loaded.
    pub fn convert(&self) -> anyhow::Result<Conversion> {
        let folder = current_folder()?;
        let files = self.project.files(&folder)?;
        let Discovered { mut request, sources, warnings } = self.project.discover(&folder, &*files)?;
        // A Stack keeps all services and says which profiles are active.
        let profiles = std::mem::replace(&mut request.profiles, vec!["*".to_owned()]);
        let loaded = load_with(&request, &*files, sources);
        let quiet = Quiet::of(&loaded.sources, &request.environment);
        let quiet = loaded.project.iter().fold(quiet, Quiet::with);
        report::print(&[warnings, loaded.diagnostics].concat(), &loaded.sources, &folder, &quiet);
        let Some(project) = loaded.project else { bail!("the project cannot be loaded") };
        let (namespace, registry) = (self.namespace.clone(), self.registry.clone());
        let converted = convert(&project, &*files, &Options { namespace, registry, profiles });
        let messages = messages(&converted, &self.allow_refused);
        report::print(&messages, &loaded.sources, &folder, &quiet.and(&converted));
        let refused = converted.refused(&self.allow_refused).count();
        let folder = if project.working_dir.is_empty() { folder } else { project.working_dir };
        Ok(Conversion { converted, sources: loaded.sources, folder, refused })
    }
}

impl Conversion {
    /// Ends the verb where something is refused.
    ///
    /// # Errors
    /// Where something is refused and not accepted by the user.
    pub fn accepted(&self) -> anyhow::Result<()> {
        let refused = self.refused;
        if refused > 0 {
            bail!(
                "{refused} {} refused and nothing is written: mend what is named above, or accept it with --allow-refused ID",
                if refused == 1 { "value is" } else { "values are" }
            );
        }
        Ok(())
    }
}

/// One message for each rule and place that is not mapped or ignored; what is accepted is a warning.
fn messages(converted: &Converted, allowed: &[String]) -> Vec<Diagnostic> {
    let refused: Vec<*const Entry> = converted.refused(allowed).map(std::ptr::from_ref).collect();
    let told = converted.entries.iter().filter(|entry| {
        matches!(entry.verdict, Verdict::Refused | Verdict::Approximated)
            || entry.rule.is_some_and(Rule::is_advice)
    });
    told.map(|entry| {
        let error = refused.contains(&std::ptr::from_ref(entry));
        let state = match entry.verdict {
            Verdict::Refused if error => "",
            Verdict::Refused if entry.rule.is_some_and(Rule::is_of_the_operator) => {
                " is written all the same"
            }
            Verdict::Refused => " is left out",
            _ => "",
        };
        Diagnostic {
            id: entry.rule.map_or("", |rule| rule.id),
            severity: if error { Severity::Error } else { Severity::Warning },
            place: entry.place,
            message: format!("{}{state}: {}", attribute(&entry.pointer), entry.reason()),
            remedy: entry.remedy().to_owned(),
            notes: Vec::new(),
        }
    })
    .collect()
}

/// `services.web.ports.0` for `/services/web/ports/0`.
fn attribute(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}
