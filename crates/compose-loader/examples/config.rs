//! A small `docker compose config`: prints the model of a project as YAML.
//!
//! Usage: `config [FOLDER]`

use std::env;
use std::process::ExitCode;

use compose_loader::discover::{Options, discover};
use compose_loader::disk::Disk;
use compose_loader::print::{Style, yaml};
use compose_loader::render::Renderer;
use compose_loader::{Environment, Origin, load_with, paths};

fn main() -> Result<ExitCode, String> {
    let current = env::current_dir().map_err(|error| error.to_string())?;
    let current = current.to_str().ok_or("the current folder is not UTF-8")?;
    let mut environment = Environment::default();
    for (name, value) in env::vars_os() {
        // Compose files are UTF-8, so other variables cannot be used in them.
        if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
            environment.set(name, value, Origin::Process);
        }
    }
    let folder = env::args().nth(1).unwrap_or_default();
    let options = Options { folder: paths::join(current, &folder), environment, ..Options::default() };
    let found = match discover(&options, &Disk) {
        Ok(found) => found,
        Err(failed) => {
            let (error, sources) = *failed;
            eprintln!("{}", Renderer::new(&sources).plain().render(&error));
            return Ok(ExitCode::FAILURE);
        }
    };
    let loaded = load_with(&found.request, &Disk, found.sources);
    let diagnostics = [found.warnings, loaded.diagnostics].concat();
    eprint!("{}", Renderer::new(&loaded.sources).plain().folder(&options.folder).report(&diagnostics));
    let Some(project) = loaded.project else { return Ok(ExitCode::FAILURE) };
    print!("{}", yaml(&project, Style { escape: true }));
    Ok(ExitCode::SUCCESS)
}
