//! The connection to a cluster: the context, the namespace, and errors that say what to do.

mod error;

use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Api, Client, Config, Resource};

pub use self::error::{CallError, ConnectionError, explained};
use crate::api::Stack;

/// The arguments that select a cluster.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub struct ContextArgs {
    /// Use this context of the kubeconfig [default: the current context]
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// Read the kubeconfig from FILE [default: the value of KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// The arguments that select a cluster and a namespace.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// Use this namespace [default: that of the context]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    #[command(flatten)]
    pub context: ContextArgs,
}

/// How long a connection may take. The default of the client is 30 seconds.
const CONNECT: Duration = Duration::from_secs(10);

/// A cluster and a namespace.
#[derive(Clone)]
pub struct Connection {
    /// The client.
    pub client: Client,
    /// The namespace of the verb.
    pub namespace: String,
    /// The name of the context, or `in-cluster` in a Pod.
    pub context: String,
    /// The address of the API server.
    pub server: String,
}

impl ClusterArgs {
    /// Returns the connection. The function reads the kubeconfig and sends no request.
    ///
    /// # Errors
    /// When no cluster is configured, or when the configuration is wrong.
    pub async fn connect(&self) -> Result<Connection, ConnectionError> {
        self.context.connect(self.namespace.as_deref()).await
    }
}

impl ContextArgs {
    /// Returns the connection to a namespace, or to that of the context. The function reads the kubeconfig and sends no
    /// request.
    ///
    /// # Errors
    /// When no cluster is configured, or when the configuration is wrong.
    pub async fn connect(&self, namespace: Option<&str>) -> Result<Connection, ConnectionError> {
        let (mut config, context) = self.config().await?;
        config.connect_timeout = Some(CONNECT);
        let namespace = namespace.map_or_else(|| config.default_namespace.clone(), str::to_owned);
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let client = Client::try_from(config).map_err(|error| ConnectionError::Unusable {
            context: context.clone(),
            cause: error.to_string(),
        })?;
        Ok(Connection { client, namespace, context, server })
    }

    async fn config(&self) -> Result<(Config, String), ConnectionError> {
        let kubeconfig = match self.kubeconfig() {
            Ok(kubeconfig) => kubeconfig,
            // A Pod has no kubeconfig, but a ServiceAccount.
            Err(error) if self.kubeconfig.is_none() && self.context.is_none() => {
                let config = Config::incluster().map_err(|_| ConnectionError::of(error, None))?;
                return Ok((config, "in-cluster".to_owned()));
            }
            Err(error) => return Err(ConnectionError::of(error, None)),
        };
        let context = self.context.clone().or_else(|| kubeconfig.current_context.clone());
        let context = context.filter(|name| !name.is_empty()).ok_or(ConnectionError::NoContext)?;
        if !kubeconfig.contexts.iter().any(|it| it.name == context) {
            let known = kubeconfig.contexts.iter().map(|it| it.name.clone()).collect();
            return Err(ConnectionError::UnknownContext { context, known });
        }
        let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
        let config = config.map_err(|error| ConnectionError::of(error, Some(&context)))?;
        Ok((config, context))
    }

    fn kubeconfig(&self) -> Result<Kubeconfig, KubeconfigError> {
        match &self.kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        }
    }
}

impl Connection {
    /// Returns the Stacks of the namespace.
    pub fn stacks(&self) -> Api<Stack> {
        self.api()
    }

    /// Returns the objects of a kind in the namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Returns the Stack of a name.
    ///
    /// # Errors
    /// When the Stack does not exist, or cannot be read.
    pub async fn stack(&self, name: &str) -> Result<Stack, CallError> {
        self.find_stack(name).await?.ok_or_else(|| CallError::NoStack {
            name: name.to_owned(),
            namespace: self.namespace.clone(),
            context: self.context.clone(),
        })
    }

    /// Returns the Stack of a name, if it exists.
    ///
    /// # Errors
    /// When Stacks cannot be read.
    pub async fn find_stack(&self, name: &str) -> Result<Option<Stack>, CallError> {
        match self.stacks().get(name).await {
            Ok(stack) => Ok(Some(stack)),
            Err(error) => match CallError::of(error, &format!("get Stack {name}"), self) {
                CallError::NotFound { .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Returns the error of a request, such as `get Stack shop`, with its remedy.
    pub fn failed(&self, doing: &str, error: kube::Error) -> CallError {
        CallError::of(error, doing, self)
    }
}

impl std::fmt::Display for Connection {
    /// Writes `namespace default of context kind-kind`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "namespace {} of context {}", self.namespace, self.context)
    }
}
