//! Whole projects in `tests/projects`. The name of each folder is the sentence that it proves. `model.json` is the model of
//! compose-go, and `refused` its error. The oracle in `hack/compose-oracle` checks both against compose-go, and writes
//! them with `UPDATE_GOLDEN=1 go test -count=1`.

use std::fs::{read_dir, read_to_string};
use std::path::Path;

use compose_loader::{
    Environment, Origin, Severity,
    discover::{Options, discover},
    disk::Disk,
    load_with,
    print::{Style, json},
};
use serde_json::Value as Json;

/// Returns the model of the project in a folder, or its errors.
fn load(folder: &str) -> Result<String, String> {
    let mut environment = Environment::default();
    environment.set("HOME", "/home/oracle", Origin::Process);
    let options = Options { folder: folder.to_owned(), environment, ..Options::default() };
    let found = discover(&options, &Disk).map_err(|error| error.0.message.clone())?;
    let loaded = load_with(&found.request, &Disk, found.sources);
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|error| error.line(&loaded.sources)).collect();
    loaded.project.map(|project| json(&project, Style { escape: true })).ok_or(errors.join("\n"))
}

#[test]
fn every_project_has_the_model_of_compose_go() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let path = folder.to_str().unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let model = read_to_string(folder.join("model.json"));
        let refused = folder.join("refused").exists();
        assert!(model.is_ok() != refused, "{name} has neither or both of model.json and refused");
        count += 1;
        match (load(path), model) {
            (Ok(found), Ok(wanted)) => {
                let wanted: Json = serde_json::from_str(&wanted.replace("@PROJECT@", path)).unwrap();
                let found: Json = serde_json::from_str(&found).unwrap();
                if wanted != found {
                    wrong.push(format!("{name}: want {wanted:#}\nfound {found:#}"));
                }
            }
            (Err(_), Err(_)) => {}
            (Ok(_), Err(_)) => wrong.push(format!("{name}: must be rejected")),
            (Err(errors), Ok(_)) => wrong.push(format!("{name}: {errors}")),
        }
    }
    assert!(count > 0, "there are projects");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}
