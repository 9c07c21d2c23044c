//! The use of each bind mount of a project. It follows from how all services use the path, not from the files that
//! exist there today.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{FileKind, Node, Project, paths::relative};

use super::{content, names::volume_name, source};
use crate::convert::driver_options::folder;
use crate::convert::folders::{Folders, real};
use crate::convert::names::Names;
use crate::convert::reader::pointer;
use crate::convert::settings::BindMode;

/// The uses of the bind mounts of a project.
#[derive(Debug, Default)]
pub struct Uses {
    /// The uses, by pointer of the mount. Sockets and paths of the host outside the project are not included.
    mounts: BTreeMap<String, Use>,
    /// The folders and files that services write. Each becomes a volume.
    data: Vec<Data>,
    /// The files that a program uses as its key, by real path.
    keys: BTreeSet<String>,
}

/// The use of a bind mount.
#[derive(Clone, Debug, PartialEq)]
pub enum Use {
    /// Source that the image of the service already contains.
    Source,
    /// A path in a folder that services write, by index of the [`Data`].
    Data(usize),
    /// Files of the project, except the folders below that services write.
    Files(Vec<usize>),
    /// A folder that starts empty in each Pod.
    EmptyDir,
}

/// A folder or file that services write. Of nested ones, the topmost.
#[derive(Debug)]
pub struct Data {
    /// The path as one of the mounts writes it.
    pub path: String,
    /// The path with all links resolved.
    pub real: String,
    /// The path relative to the project. Absolute for a path outside the project.
    pub shown: String,
    /// Whether this is a single file.
    pub is_file: bool,
    /// The name of its volume.
    pub volume: String,
}

impl Data {
    /// Returns the path inside the volume for a real path.
    pub fn below(&self, real: &str) -> Option<String> {
        if self.is_file {
            return real.rsplit('/').next().map(str::to_owned);
        }
        Some(below(&self.real, real)?.to_owned()).filter(|path| !path.is_empty())
    }
}

/// A bind mount.
struct Mount<'a> {
    pointer: String,
    service: &'a Node,
    path: &'a str,
    /// The path relative to the project. None for a path outside the project.
    shown: Option<String>,
    real: String,
    kind: Option<FileKind>,
    target: &'a str,
    /// Whether the service can write to the mount, other than as its configuration.
    writes: bool,
    bind_mode: Option<BindMode>,
}

impl Uses {
    /// Finds the uses of all bind mounts of a project.
    pub fn of(project: &Project, names: &Names, files: &dyn Folders) -> Self {
        let mounts = mounts(project, files);
        let keys = mounts.iter().filter(|mount| is_key(mount.service, mount.target));
        let keys = keys.map(|mount| mount.real.clone()).collect();
        let is_source = |mount: &Mount<'_>| {
            let is_folder = mount.bind_mode.is_none() && mount.kind != Some(FileKind::File);
            is_folder
                && !is_config_target(mount.target)
                && source::is_in_image(files, &project.working_dir, mount.service, &mount.real, mount.target)
        };
        let (sources, mounts): (Vec<_>, Vec<_>) = mounts.into_iter().partition(is_source);
        let data = data(project, names, files, &mounts);
        let mut uses = Self { mounts: BTreeMap::new(), data, keys };
        for mount in sources {
            uses.mounts.insert(mount.pointer, Use::Source);
        }
        for mount in mounts {
            let meaning = uses.meaning(&mount);
            uses.mounts.insert(mount.pointer, meaning);
        }
        uses
    }

    fn meaning(&self, mount: &Mount<'_>) -> Use {
        match mount.bind_mode {
            Some(BindMode::EmptyDir) => Use::EmptyDir,
            Some(BindMode::Files) => Use::Files(Vec::new()),
            _ => match self.holding(&mount.real) {
                Some(at) => Use::Data(at),
                None => {
                    let data = self.data.iter().enumerate();
                    let within = data.filter(|(_, data)| below(&mount.real, &data.real).is_some());
                    Use::Files(within.map(|(at, _)| at).collect())
                }
            },
        }
    }

    /// Returns the use of the mount at a pointer.
    pub fn get(&self, pointer: &str) -> Option<&Use> {
        self.mounts.get(pointer)
    }

    /// Returns the index of the data folder at a real path or above it.
    pub fn holding(&self, real: &str) -> Option<usize> {
        self.data.iter().position(|data| below(&data.real, real).is_some())
    }

    /// Returns a folder or file that services write.
    pub fn data(&self, at: usize) -> Option<&Data> {
        self.data.get(at)
    }

    /// Reports whether a program uses a file as its key.
    pub fn is_key(&self, real: &str) -> bool {
        self.keys.contains(real)
    }
}

/// Returns the bind mounts of paths in the project, and those with a `bind` setting.
fn mounts<'a>(project: &'a Project, files: &dyn Folders) -> Vec<Mount<'a>> {
    let mut found = Vec::new();
    for (name, service) in project.services() {
        let all = service.get("volumes").and_then(Node::as_list).unwrap_or_default();
        for (index, mount) in all.iter().enumerate().filter(|(_, mount)| mount.str_at("type") == Some("bind"))
        {
            let (Some(path), Some(target)) = (mount.str_at("source"), mount.str_at("target")) else {
                continue;
            };
            let bind_mode = mount.get("x-stackwright").and_then(|settings| settings.str_at("bind"));
            let bind_mode = bind_mode.and_then(BindMode::of);
            let shown = beside(project, path);
            if bind_mode.is_none() && (shown.is_none() || path.ends_with(".sock")) {
                continue;
            }
            let is_read_only = mount.get("read_only").and_then(Node::as_bool) == Some(true);
            found.push(Mount {
                pointer: pointer(["services", name, "volumes", &index.to_string()]),
                service,
                path,
                real: if shown.is_some() { real(files, path) } else { path.to_owned() },
                kind: shown.is_some().then(|| files.kind(path)).flatten(),
                shown,
                target,
                writes: !is_read_only && !is_config_target(target),
                bind_mode,
            });
        }
    }
    found
}

/// Returns the topmost folders and files that services write, or that contain no files of the project.
fn data(project: &Project, names: &Names, files: &dyn Folders, mounts: &[Mount<'_>]) -> Vec<Data> {
    let is_data = |mount: &&Mount<'_>| match (mount.bind_mode, mount.kind) {
        (Some(bind_mode), _) => bind_mode == BindMode::Volume,
        (None, Some(FileKind::File)) => mount.writes && content::is_state(files, mount.path),
        (None, Some(FileKind::Folder)) => mount.writes || !content::has_content(files, mount.path),
        (None, None) => true,
        (None, Some(FileKind::Other | FileKind::Outside)) => false,
    };
    let of_mount = |mount: &Mount<'_>| {
        let shown = mount.shown.clone().unwrap_or_else(|| mount.path.to_owned());
        Data {
            path: mount.path.to_owned(),
            real: mount.real.clone(),
            is_file: mount.kind == Some(FileKind::File),
            volume: volume_name(project, &shown),
            shown,
        }
    };
    let mut of_mounts: Vec<Data> = mounts.iter().filter(is_data).map(of_mount).collect();
    of_mounts.sort_by(|a, b| a.path.cmp(&b.path));
    let mut all = named(project, names, files);
    all.append(&mut of_mounts);
    // A folder sorts before its content, and a named volume before mounts of its folder.
    all.sort_by(|a, b| a.real.cmp(&b.real));
    let mut found: Vec<Data> = Vec::new();
    for data in all {
        if !found.iter().any(|above| below(&above.real, &data.real).is_some()) {
            found.push(data);
        }
    }
    found
}

/// Returns the named volumes in folders of the project.
fn named(project: &Project, names: &Names, files: &dyn Folders) -> Vec<Data> {
    let of_volume = |(name, volume)| {
        let path = folder(volume)?;
        let shown = beside(project, &path)?;
        Some(Data { real: real(files, &path), path, shown, is_file: false, volume: names.volume(name) })
    };
    project.section("volumes").filter_map(of_volume).collect()
}

/// Returns the relative path from a folder to the same path or one below it.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Returns the path relative to the project, if it is inside the project or at most two folders above, except folders
/// that every host has.
pub fn beside(project: &Project, path: &str) -> Option<String> {
    let folder = &project.working_dir;
    let way = relative(folder, path);
    let up = way.split('/').take_while(|part| *part == "..").count();
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    let within = up == 0 || up <= 2 && depth >= up + 2;
    within.then_some(way)
}

/// Folders in which programs look for their configuration.
const CONFIGURATION: [&str; 3] = ["/etc", "/usr/local/etc", "/docker-entrypoint-initdb.d"];
/// Folders below them in which programs store keys, certificates and registrations.
const STATE: [&str; 8] = [
    "/etc/crowdsec",
    "/etc/gitlab",
    "/etc/gitlab-runner",
    "/etc/letsencrypt",
    "/etc/openvpn",
    "/etc/pihole",
    "/etc/wireguard",
    "/etc/x-ui",
];

/// Reports whether a mount path is a program's configuration, even if the mount is not read-only.
pub fn is_config_target(target: &str) -> bool {
    let target = target.trim_end_matches('/');
    let is_below = |folder: &&str| below(folder, target).is_some();
    let is_folder_of_parts = target.ends_with(".d") && !target.ends_with("/.d");
    (CONFIGURATION.iter().any(is_below) || is_folder_of_parts) && !STATE.iter().any(is_below)
}

/// Reports whether a program uses the file at a path as its key, as in `--keyFile /etc/replica.key`.
fn is_key(service: &Node, target: &str) -> bool {
    ["entrypoint", "command"].into_iter().filter_map(|key| service.get(key)).any(|node| {
        let words: Vec<&str> = match node.as_list() {
            Some(words) => words.iter().filter_map(Node::as_str).flat_map(str::split_whitespace).collect(),
            None => node.as_str().into_iter().flat_map(str::split_whitespace).collect(),
        };
        let is_option = |word: &str| {
            let name = word.trim_start_matches('-').to_lowercase().replace(['-', '_'], "");
            word.starts_with('-') && name.ends_with("keyfile")
        };
        let pairs = words.windows(2).map(|pair| (pair[0], pair[1]));
        let joined = words.iter().filter_map(|word| word.split_once('='));
        pairs.chain(joined).any(|(option, value)| is_option(option) && value == target)
    })
}
