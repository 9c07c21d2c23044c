//! A project that is compared: a folder of `projects`, whose name is a promise of Compose.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// A compose project, and what is done with it.
#[derive(Clone, Debug)]
pub struct Project {
    /// The promise, which is the folder's name.
    pub title: String,
    /// What it is called on both engines: short, since it stands in many other names.
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// What is done with it.
    pub script: Script,
}

/// `steps.yaml`: what is done after the project has come up; without it, it is only looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Script {
    /// Profiles that are active.
    pub profiles: Vec<String>,
    /// Rules of conversion whose refusal is accepted (`convert --allow-refused`).
    pub allow_refused: Vec<String>,
    /// What a repository does not keep of files and folders, by their paths in the project.
    pub files: BTreeMap<String, Kept>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The owner and the mode of a file or folder on the host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Kept {
    /// The numbers of user and group, with a colon between them.
    pub owner: Option<String>,
    /// The permission bits in octal digits.
    pub mode: Option<String>,
}

/// A step. What differs after it is told with its number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Step {
    /// A shell text in the first container of a service; its end and what it prints are compared.
    Run {
        /// The service.
        service: String,
        /// What `sh -c` is given.
        text: String,
    },
    /// Each container of a service is replaced by a new one.
    Recreate(String),
    /// The project is ended, and started again.
    Again,
    /// A file of the project is written anew, and the project brought to what its files say now. An engine that
    /// gives a changed file to new containers makes some for these services.
    Write {
        /// The file.
        file: String,
        /// What stands in it from now on.
        text: String,
        /// The services that mount it.
        services: Vec<String>,
    },
    /// So many containers for each of these services.
    Scale(BTreeMap<String, u32>),
    /// A further file is laid over the others, and the project brought to what they say now. Meanwhile a
    /// published port is asked 200 times a second: how many requests are lost is told.
    Change {
        /// The file.
        file: String,
        /// The service that publishes the port.
        service: String,
        /// The port.
        port: String,
    },
    /// A service ends and is started again so often; how long each start comes after the end before it is told.
    Restarts {
        /// The service.
        service: String,
        /// How often.
        times: usize,
    },
    /// Everything is looked at once more.
    Look,
}

impl Project {
    /// All projects, in the order of their titles.
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

    /// The same in a folder of its own, where a process may write to its files.
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

    /// The arguments that docker-compose and the command line tool both know.
    pub fn compose_arguments(&self, further_files: &[String]) -> Vec<String> {
        let option = |name: &str, value: &String| [name.to_owned(), value.clone()];
        let profiles = self.script.profiles.iter().flat_map(|profile| option("--profile", profile));
        // Files that are named take the place of the one that is found.
        let first = "compose.yaml".to_owned();
        let files = further_files.first().map(|_| &first).into_iter().chain(further_files);
        files.flat_map(|file| option("--file", file)).chain(profiles).collect()
    }
}
