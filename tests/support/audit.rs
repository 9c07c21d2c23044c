//! Requests of the operator, from the audit log of the API server.
//!
//! The log is written in blocking mode: the line of a request is written before its answer ends, so a visible effect always
//! has its request in the log.

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use serde::Deserialize;

/// A position in the audit log. Earlier requests do not count.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

/// An answered request of the operator. A watch counts at its start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// The plural name, and the subresource after a slash.
    pub resource: String,
    /// The object's name; empty for a collection.
    pub name: String,
    /// The status code of the answer.
    pub code: u16,
}

impl Request {
    /// Reports whether the request is a write.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb.as_str(), "get" | "list" | "watch")
    }

    /// Reports whether the request writes a child of a Stack.
    pub fn is_child_write(&self) -> bool {
        let children = [
            "configmaps",
            "persistentvolumeclaims",
            "networkpolicies",
            "services",
            "ingresses",
            "deployments",
            "statefulsets",
            "daemonsets",
            "jobs",
        ];
        self.is_write() && children.contains(&self.resource.as_str())
    }

    /// Reports whether the request writes the status of a Stack.
    pub fn is_status_write(&self) -> bool {
        self.is_write() && self.resource == "stacks/status"
    }

    /// Reports whether the request is a watch or belongs to the Lease.
    pub fn is_watch_or_lease(&self) -> bool {
        self.verb == "watch" || self.resource == "leases"
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} -> {}", self.verb, self.resource, self.name, self.code)
    }
}

/// The requests of a period, or unknown without an audit log.
#[derive(Debug)]
pub struct Requests(Option<Vec<Request>>);

impl Requests {
    /// Reads the requests of `user` since `mark`.
    pub fn since(log: Option<&Path>, mark: Mark, user: &str) -> Self {
        Self(log.map(|log| {
            let text = read_from(log, mark.0);
            text.lines().filter(|line| line.contains(user)).filter_map(|line| request(line, user)).collect()
        }))
    }

    /// Asserts that `count` requests match `which`. `what` names them in a failure, or in the note that there is no audit log.
    #[track_caller]
    pub fn assert(&self, count: usize, what: &str, which: impl Fn(&Request) -> bool) {
        let Some(requests) = &self.0 else {
            eprintln!("skipped, for want of an audit log: {count} {what}");
            return;
        };
        let found: Vec<_> = requests.iter().filter(|request| which(request)).collect();
        assert_eq!(found.len(), count, "{what}, of all that was asked:\n{self}");
    }

    /// Returns the number of requests that match `which`, if known.
    pub fn count_of(&self, which: impl Fn(&Request) -> bool) -> Option<usize> {
        Some(self.0.as_ref()?.iter().filter(|request| which(request)).count())
    }

    /// Returns all requests, if known.
    pub fn all(&self) -> &[Request] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Returns the number of requests, if known.
    pub fn count(&self) -> Option<usize> {
        self.0.as_ref().map(Vec::len)
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().flatten().try_for_each(|request| writeln!(f, "  {request}"))
    }
}

/// Returns the current end of the log.
pub fn mark(log: Option<&Path>) -> Mark {
    let length =
        log.map(|log| log.metadata().unwrap_or_else(|error| panic!("{}: {error}", log.display())).len());
    Mark(length.unwrap_or_default())
}

fn read_from(log: &Path, offset: u64) -> String {
    let mut text = Vec::new();
    File::open(log)
        .and_then(|mut file| file.seek(SeekFrom::Start(offset)).map(|_| file))
        .and_then(|mut file| file.read_to_end(&mut text))
        .unwrap_or_else(|error| panic!("{}: {error}", log.display()));
    // Another request can be writing the last line.
    String::from_utf8_lossy(&text).into_owned()
}

/// Parses a line of the log as a request of `user`. A watch has two lines, of which the first counts.
fn request(line: &str, user: &str) -> Option<Request> {
    let event: Event = serde_json::from_str(line).ok()?;
    let stage = if event.verb == "watch" { "ResponseStarted" } else { "ResponseComplete" };
    if event.user.username != user || event.stage != stage {
        return None;
    }
    let object = event.object_ref.unwrap_or_default();
    let resource = match object.subresource {
        Some(subresource) => format!("{}/{subresource}", object.resource),
        None => object.resource,
    };
    Some(Request {
        verb: event.verb,
        resource: if resource.is_empty() { event.request_uri } else { resource },
        name: object.name,
        code: event.response_status.map(|status| status.code).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    stage: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    object_ref: Option<ObjectRef>,
    response_status: Option<ResponseStatus>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ObjectRef {
    resource: String,
    subresource: Option<String>,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseStatus {
    code: u16,
}
