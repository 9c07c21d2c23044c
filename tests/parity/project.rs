//! A compared project: a folder of `projects`, whose name is a property of Compose.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// A Compose project with its steps.
#[derive(Clone, Debug)]
pub struct Project {
    /// The property, which is the folder's name.
    pub title: String,
    /// The project name on both engines, which is short since it is part of other names.
    pub name: String,
    /// The folder of the files.
    pub folder: PathBuf,
    /// The content of `steps.yaml`.
    pub script: Script,
}

/// `steps.yaml`: the steps after the start of the project.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Script {
    /// Profiles that are active.
    pub profiles: Vec<String>,
    /// Rules of conversion whose refusal is accepted (`convert --allow-refused`).
    pub allow_refused: Vec<String>,
    /// Owners and modes of files, which Git does not store, by path.
    pub files: BTreeMap<String, Kept>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The owner and the mode of a file or folder on the host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Kept {
    /// `UID:GID`.
    pub owner: Option<String>,
    /// The permission bits in octal digits.
    pub mode: Option<String>,
}

/// A step. Facts after it have its number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Step {
    /// Runs a shell script in the first container of a service, and compares exit code and output.
    Run {
        /// The service.
        service: String,
        /// The script.
        text: String,
    },
    /// Replaces each container of a service.
    Recreate(String),
    /// Stops and starts the project.
    Again,
    /// Rewrites a file of the project, and updates the project. An engine that mounts changed files only into new containers
    /// replaces those of these services.
    Write {
        /// The file.
        file: String,
        /// The new content.
        text: String,
        /// The services that mount it.
        services: Vec<String>,
    },
    /// Scales each of these services.
    Scale(BTreeMap<String, u32>),
    /// Adds a Compose file, and updates the project. Meanwhile, a published port receives 200 requests a second, and the lost
    /// ones are counted.
    Change {
        /// The file.
        file: String,
        /// The service that publishes the port.
        service: String,
        /// The port.
        port: String,
    },
    /// Waits for restarts of a service, and measures each delay.
    Restarts {
        /// The service.
        service: String,
        /// The number of restarts.
        times: usize,
    },
    /// Collects all facts again.
    Look,
}

impl Project {
    /// Returns all projects, by title.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/projects");
        let entries = fs::read_dir(&folder).expect("the projects' folder");
        let mut folders: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
        folders.sort();
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Self {
        let title = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let script = match fs::read_to_string(folder.join("steps.yaml")) {
            Ok(text) => {
                serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{title}/steps.yaml: {error}"))
            }
            Err(_) => Script::default(),
        };
        let digest = title.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { name: format!("p{:06x}", digest & 0xff_ffff), title: title.replace('-', " "), folder, script }
    }

    /// Copies the project to its own folder, where processes can write.
    pub fn copied_to(&self, folder: &Path) -> Self {
        let copied = Command::new("cp")
            .args(["--archive", "--no-target-directory"])
            .arg(&self.folder)
            .arg(folder)
            .status();
        assert!(copied.is_ok_and(|status| status.success()), "{}: cannot be copied", self.title);
        for (file, kept) in &self.script.files {
            let set = |program: &str, value: &Option<String>| {
                let Some(value) = value else { return };
                let status = Command::new(program).arg(value).arg(folder.join(file)).status();
                assert!(status.is_ok_and(|status| status.success()), "{}: {program} {file}", self.title);
            };
            set("chown", &kept.owner);
            set("chmod", &kept.mode);
        }
        Self { folder: folder.to_owned(), ..self.clone() }
    }

    /// Returns the arguments that docker-compose and `stackwright convert` share.
    pub fn compose_arguments(&self, further_files: &[String]) -> Vec<String> {
        let option = |name: &str, value: &String| [name.to_owned(), value.clone()];
        let profiles = self.script.profiles.iter().flat_map(|profile| option("--profile", profile));
        // Named files replace the discovered one.
        let first = "compose.yaml".to_owned();
        let files = further_files.first().map(|_| &first).into_iter().chain(further_files);
        files.flat_map(|file| option("--file", file)).chain(profiles).collect()
    }
}
