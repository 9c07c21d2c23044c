//! Why a cluster cannot be used, and what the user can do about it.

use kube::config::KubeconfigError;

use super::Connection;
use crate::api::GROUP;
use crate::cli::failure::Failure;
use crate::cli::program;

/// The error of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// There is no kubeconfig.
    #[error("cannot find a cluster: there is no kubeconfig")]
    NoKubeconfig,
    /// The kubeconfig has no current context.
    #[error("cannot choose a cluster: the kubeconfig has no current context")]
    NoContext,
    /// The kubeconfig does not have the context.
    #[error("context {context} does not exist in the kubeconfig")]
    UnknownContext {
        /// The name of the context.
        context: String,
        /// The contexts of the kubeconfig.
        known: Vec<String>,
    },
    /// The kubeconfig cannot be read.
    #[error("cannot read the kubeconfig: {cause}")]
    Unreadable {
        /// The cause.
        cause: String,
    },
    /// The context cannot be used.
    #[error("cannot use context {context}: {cause}")]
    Unusable {
        /// The name of the context.
        context: String,
        /// The cause.
        cause: String,
    },
}

impl ConnectionError {
    pub(super) fn of(error: KubeconfigError, context: Option<&str>) -> Self {
        match (error, context) {
            (KubeconfigError::FindPath, _) => Self::NoKubeconfig,
            (KubeconfigError::ReadConfig(error, path), _) => {
                // A path that the user has named is worth naming, and the default path is not.
                if error.kind() == std::io::ErrorKind::NotFound && path.ends_with(".kube/config") {
                    return Self::NoKubeconfig;
                }
                Self::Unreadable { cause: format!("{}: {error}", path.display()) }
            }
            (error, Some(context)) => {
                Self::Unusable { context: context.to_owned(), cause: error.to_string() }
            }
            (error, None) => Self::Unreadable { cause: error.to_string() },
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoKubeconfig => {
                "set KUBECONFIG to the kubeconfig of the cluster, or pass --kubeconfig FILE".to_owned()
            }
            Self::NoContext => "run kubectl config use-context NAME, or pass --context NAME".to_owned(),
            Self::UnknownContext { known, .. } if known.is_empty() => {
                "pass the kubeconfig that has it".to_owned()
            }
            Self::UnknownContext { known, .. } => format!("pass one of {}", known.join(", ")),
            Self::Unreadable { .. } => "correct the file, or pass --kubeconfig FILE".to_owned(),
            Self::Unusable { .. } => {
                "correct the context in the kubeconfig, or pass --context NAME".to_owned()
            }
        }
    }
}

/// The error of a request.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The Stack does not exist.
    #[error("Stack {name} does not exist in namespace {namespace} of context {context}")]
    NoStack {
        /// The name of the Stack.
        name: String,
        /// The namespace.
        namespace: String,
        /// The context.
        context: String,
    },
    /// The object does not exist.
    #[error("cannot {doing}: {message}")]
    NotFound {
        /// What was requested.
        doing: String,
        /// The words of the API server.
        message: String,
    },
    /// The cluster does not know the kind Stack.
    #[error("cannot {doing}: Stackwright is not installed on the cluster of context {context}")]
    NotInstalled {
        /// What was requested.
        doing: String,
        /// The context.
        context: String,
    },
    /// The caller lacks a right. The words of the API server name the user, the verb, the resource and the namespace.
    #[error("cannot {doing}: {message}")]
    Forbidden {
        /// What was requested.
        doing: String,
        /// The words of the API server.
        message: String,
    },
    /// The credentials are not valid.
    #[error("cannot {doing}: the API server of context {context} does not accept the credentials")]
    Unauthorized {
        /// What was requested.
        doing: String,
        /// The context.
        context: String,
    },
    /// The API server does not answer.
    #[error("cannot reach the API server {server} of context {context}: {cause}")]
    Unreachable {
        /// The address of the API server.
        server: String,
        /// The context.
        context: String,
        /// The cause.
        cause: String,
    },
    /// The API server refuses the request.
    #[error("cannot {doing}: {message}")]
    Refused {
        /// What was requested.
        doing: String,
        /// The words of the API server.
        message: String,
        /// The code of the answer.
        code: u16,
    },
    /// The answer cannot be read.
    #[error("cannot {doing}: {cause}")]
    Other {
        /// What was requested.
        doing: String,
        /// The cause.
        cause: String,
    },
}

impl CallError {
    pub(super) fn of(error: kube::Error, doing: &str, connection: &Connection) -> Self {
        let (doing, context) = (doing.to_owned(), connection.context.clone());
        match error {
            kube::Error::Api(status) => {
                let message = status.message.trim().to_owned();
                let named = status.details.as_ref().is_some_and(|details| !details.name.is_empty());
                match status.code {
                    401 => Self::Unauthorized { doing, context },
                    403 => Self::Forbidden { doing, message },
                    // The API server answers without details if it does not know the kind.
                    404 if !named => Self::NotInstalled { doing, context },
                    404 => Self::NotFound { doing, message },
                    code => Self::Refused { doing, message, code },
                }
            }
            error @ (kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::Auth(_)) => {
                Self::Unreachable { server: connection.server.clone(), context, cause: root(&error) }
            }
            error => Self::Other { doing, cause: error.to_string() },
        }
    }

    /// Reports whether the object was changed between a read and the write that depends on it.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }

    fn remedy(&self) -> Option<String> {
        let program = program::name();
        match self {
            Self::NoStack { .. } => {
                Some(format!("run {program} ls -A for the Stacks of the cluster, or pass -n NAMESPACE"))
            }
            Self::NotInstalled { .. } => {
                Some(format!("run {program} install, or pass --context for another cluster"))
            }
            Self::Forbidden { message, .. } if message.contains(GROUP) => Some(
                "ask an administrator to bind the ClusterRole edit in the namespace, which includes the rights to Stacks"
                    .to_owned(),
            ),
            Self::Forbidden { .. } => Some("ask an administrator for this right".to_owned()),
            Self::Unauthorized { .. } => Some("log in to the cluster again, or pass --context for another one".to_owned()),
            Self::Unreachable { .. } => {
                Some("check that the cluster runs and that this machine reaches it, or pass --context".to_owned())
            }
            Self::NotFound { message, .. } if message.starts_with("namespaces ") => {
                Some("create it with kubectl create namespace, or pass -n NAMESPACE".to_owned())
            }
            Self::NotFound { .. } | Self::Refused { .. } | Self::Other { .. } => None,
        }
    }
}

/// Returns the innermost cause: the outer ones only say that a request failed.
fn root(error: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Returns the error of a verb with the remedy of the connection or the request, if the error is one of them.
pub fn explained(error: anyhow::Error) -> anyhow::Error {
    let remedy = if let Some(error) = error.downcast_ref::<ConnectionError>() {
        Some(error.remedy())
    } else if let Some(error) = error.downcast_ref::<CallError>() {
        error.remedy()
    } else {
        None
    };
    match remedy {
        Some(remedy) => Failure::new(format!("{error:#}")).remedy(remedy).into(),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::config::Kubeconfig;

    fn connection() -> Connection {
        let config = kube::Config::new("https://127.0.0.1:6443".parse().unwrap());
        Connection {
            client: kube::Client::try_from(config).unwrap(),
            namespace: "team".to_owned(),
            context: "kind".to_owned(),
            server: "https://127.0.0.1:6443".to_owned(),
        }
    }

    fn answer(status: serde_json::Value) -> CallError {
        let status = serde_json::from_value(status).unwrap();
        CallError::of(kube::Error::Api(Box::new(status)), "get Stack shop", &connection())
    }

    #[tokio::test]
    async fn each_answer_of_the_api_server_has_its_remedy() {
        let forbidden = "stacks.stackwright.dev \"shop\" is forbidden: User \"eve\" cannot get resource \"stacks\" in \
                         API group \"stackwright.dev\" in the namespace \"team\"";
        let table = [
            (
                serde_json::json!({"code": 404, "message": "404 page not found\n"}),
                Some("run stackwright install"),
            ),
            (
                serde_json::json!({"code": 404, "message": "not found", "details": {"name": "shop", "kind": "stacks"}}),
                None,
            ),
            (serde_json::json!({"code": 403, "message": forbidden}), Some("ask an administrator to bind")),
            (serde_json::json!({"code": 401, "message": "Unauthorized"}), Some("log in")),
            (serde_json::json!({"code": 422, "message": "spec.services: Invalid value"}), None),
        ];
        for (status, remedy) in table {
            let error = answer(status.clone());
            let found = error.remedy();
            assert_eq!(found.is_some(), remedy.is_some(), "{status}: {found:?}");
            assert!(found.unwrap_or_default().starts_with(remedy.unwrap_or_default()), "{status}");
        }
        let error = answer(serde_json::json!({"code": 403, "message": forbidden}));
        assert_eq!(error.to_string(), format!("cannot get Stack shop: {forbidden}"));
    }

    #[test]
    fn a_missing_kubeconfig_is_told_from_a_broken_one() {
        let missing = Kubeconfig::read_from("/missing/.kube/config").unwrap_err();
        assert!(matches!(ConnectionError::of(missing, None), ConnectionError::NoKubeconfig));
        let named = Kubeconfig::read_from("/missing/other").unwrap_err();
        assert!(ConnectionError::of(named, None).to_string().contains("/missing/other"));
    }
}
