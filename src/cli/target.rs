//! The Stack of a cluster that a verb reads.

use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        core::v1::{Pod, Service},
        networking::v1::Ingress,
    },
};
use kube::{Resource, ResourceExt, api::ListParams};
use serde::de::DeserializeOwned;

use super::{
    connection::{CallError, Connection},
    selection::StackArgs,
};
use crate::api::{Stack, labels::STACK};

/// A Stack by its name.
#[derive(Clone)]
pub(super) struct Target {
    pub connection: Connection,
    pub name: String,
}

/// A Stack with its Pods and the objects that publish its ports.
#[derive(Debug)]
pub(super) struct Observed {
    pub stack: Stack,
    pub pods: Vec<Pod>,
    pub services: Vec<Service>,
    pub ingresses: Vec<Ingress>,
}

impl Target {
    /// Returns the Stack that the arguments select.
    ///
    /// # Errors
    /// When no Stack is selected, or when no cluster is configured.
    pub async fn of(args: &StackArgs) -> anyhow::Result<Self> {
        let selection = args.selection()?;
        let connection = args.connect(&selection).await?;
        Ok(Self { connection, name: selection.name })
    }

    /// Returns the Stack as it is now.
    ///
    /// # Errors
    /// When it does not exist, or cannot be read.
    pub async fn stack(&self) -> Result<Stack, CallError> {
        self.connection.stack(&self.name).await
    }

    /// Returns the objects of a kind that belong to the Stack.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached.
    pub async fn list<K>(&self) -> Result<Vec<K>, CallError>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + std::fmt::Debug,
    {
        let params = ListParams::default().labels(&self.selector());
        let listed = self.connection.api::<K>().list(&params).await;
        let failed = |error| self.connection.failed(&format!("list {}", K::plural(&())), error);
        Ok(listed.map_err(failed)?.items)
    }

    /// Returns the label selector of the objects of the Stack.
    pub fn selector(&self) -> String {
        format!("{STACK}={}", self.name)
    }

    /// Reads the Stack and its objects at the same time.
    ///
    /// # Errors
    /// When the Stack does not exist, or when an object cannot be read.
    pub async fn observe(&self) -> Result<Observed, CallError> {
        let (stack, pods, services, ingresses) =
            tokio::try_join!(self.stack(), self.list(), self.list(), self.list())?;
        Ok(Observed { stack, pods, services, ingresses })
    }
}

impl Observed {
    pub fn name(&self) -> String {
        self.stack.name_any()
    }

    pub fn namespace(&self) -> String {
        self.stack.namespace().unwrap_or_default()
    }
}
