//! The namespaces that the operator serves.

use std::collections::BTreeSet;

use k8s_openapi::NamespaceResourceScope;
use kube::{Api, Client, Resource};

/// The namespaces that the operator serves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Scope {
    /// Every namespace.
    #[default]
    Cluster,
    /// These namespaces. The operator needs no right outside of them, except for its Lease.
    Namespaces(BTreeSet<String>),
}

impl Scope {
    /// Reports whether the operator serves every namespace.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        *self == Self::Cluster
    }

    /// Returns the namespace if the operator serves exactly one.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        match self {
            Self::Namespaces(namespaces) if namespaces.len() == 1 => namespaces.first().map(String::as_str),
            Self::Cluster | Self::Namespaces(_) => None,
        }
    }

    /// Returns the parts of the scope. A list or a watch serves one part: RBAC allows a list of all namespaces or of one.
    #[must_use]
    pub(crate) fn parts(&self) -> Vec<Part> {
        match self {
            Self::Cluster => vec![Part(None)],
            Self::Namespaces(namespaces) => namespaces.iter().cloned().map(Some).map(Part).collect(),
        }
    }
}

/// No namespace means every namespace.
impl FromIterator<String> for Scope {
    fn from_iter<I: IntoIterator<Item = String>>(namespaces: I) -> Self {
        let namespaces: BTreeSet<String> = namespaces.into_iter().collect();
        if namespaces.is_empty() { Self::Cluster } else { Self::Namespaces(namespaces) }
    }
}

/// The namespaces of one list or watch: every namespace, or one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Part(Option<String>);

impl Part {
    /// Returns the namespace, or `None` for every namespace.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Reports whether the part includes a namespace.
    pub(crate) fn includes(&self, namespace: &str) -> bool {
        self.0.as_deref().is_none_or(|it| it == namespace)
    }

    /// Returns the API of a kind in this part.
    pub(crate) fn api<K>(&self, client: Client) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match &self.0 {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_named_namespace_is_a_part_and_no_name_is_the_cluster() {
        let scope = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Scope>();
        let namespaces = |scope: &Scope| -> Vec<Option<String>> {
            scope.parts().iter().map(|part| part.namespace().map(str::to_owned)).collect()
        };
        assert_eq!(scope(&[]), Scope::Cluster);
        assert_eq!(namespaces(&scope(&[])), [None]);
        assert_eq!(namespaces(&scope(&["b", "a", "b"])), [Some("a".to_owned()), Some("b".to_owned())]);
        assert_eq!(
            (scope(&["a"]).single(), scope(&["a", "b"]).single(), scope(&[]).single()),
            (Some("a"), None, None)
        );
        let [every, a] = [&scope(&[]).parts()[0], &scope(&["a"]).parts()[0]];
        assert!(every.includes("b") && a.includes("a") && !a.includes("b"));
    }
}
