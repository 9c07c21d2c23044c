//! Writing: server-side apply and delete, each with the proof that the object is ours.

use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, Preconditions, PropagationPolicy},
};
use serde_json::{Value, json};

use super::{api_resource, project};
use crate::{
    api::labels::FIELD_MANAGER,
    plan::{
        Apply, Child, Conflict, Delete, Digest, Identity, Owner, Settled, differing_fields, owned_fields,
        with_live_template,
    },
    translate::Kind,
};

/// Writes the objects of one namespace.
#[derive(Clone)]
pub struct Applier {
    client: Client,
    namespace: String,
}

/// What became of an apply.
#[derive(Debug)]
pub enum Applied {
    /// It was written; the object as the API server has it now.
    Written {
        /// The object.
        object: Box<Value>,
        /// What differs from what was sent, when an admission webhook changes fields of ours.
        settled: Option<Settled>,
    },
    /// The name belongs to someone else, and nothing was sent.
    Taken(Conflict),
    /// The object of that name is on its way out; its last event brings the next pass.
    Leaving,
}

/// Why a write did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The API server understood and refuses: a rule, a quota or a policy of the namespace. Only
    /// a change of the spec or of that rule helps.
    #[error("{kind} {name} is refused by the cluster: {message}", kind = kind.as_str())]
    Refused {
        /// The object's kind.
        kind: Kind,
        /// The object's name.
        name: String,
        /// The API server's words.
        message: String,
    },
    /// Anything that another try may mend: no connection, a conflict, an overload.
    #[error("{kind} {name} could not be written: {source}", kind = kind.as_str())]
    Retry {
        /// The object's kind.
        kind: Kind,
        /// The object's name.
        name: String,
        /// The cause.
        source: Box<kube::Error>,
    },
}

impl Applier {
    /// A writer for one namespace.
    pub fn new(client: Client, namespace: &str) -> Self {
        Self { client, namespace: namespace.to_owned() }
    }

    /// Applies an object. For a name that no watch holds, a look at the metadata comes first: an
    /// apply without force merges itself into a foreign object that has no conflicting field,
    /// owner reference and all.
    ///
    /// # Errors
    /// When the API server refuses the object, or cannot be asked.
    pub async fn apply(&self, stack: Identity<'_>, apply: &Apply) -> Result<Applied, ApplyError> {
        let uid = match &apply.uid {
            Some(uid) => Some(uid.clone()),
            None => match self.holder(stack, apply).await? {
                Holder::Nobody => None,
                Holder::Us { uid } => Some(uid),
                Holder::UsLeaving => return Ok(Applied::Leaving),
                Holder::Other(conflict) => return Ok(Applied::Taken(conflict)),
            },
        };
        let body = if apply.keeps_template {
            self.with_live_template(apply).await?
        } else {
            apply.object.body.clone()
        };
        let written = self.send(apply, &body, uid.as_deref()).await?;
        let settled = settled(&body, &written);
        Ok(Applied::Written { object: Box::new(written), settled })
    }

    /// Deletes an object if it is still the one that the plan saw. That it is gone already is no error.
    ///
    /// # Errors
    /// When the API server cannot be asked, or refuses.
    pub async fn delete(&self, delete: &Delete, propagation: PropagationPolicy) -> Result<(), ApplyError> {
        let params = DeleteParams {
            propagation_policy: Some(propagation),
            preconditions: Some(Preconditions { uid: Some(delete.uid.clone()), resource_version: None }),
            ..DeleteParams::default()
        };
        match self.api(delete.kind).delete(&delete.name, &params).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
            Err(error) => Err(ApplyError::of(delete.kind, &delete.name, error)),
        }
    }

    async fn holder(&self, stack: Identity<'_>, apply: &Apply) -> Result<Holder, ApplyError> {
        let (kind, name) = (apply.object.kind, &apply.object.name);
        let found =
            self.api(kind).get_metadata_opt(name).await.map_err(|error| ApplyError::of(kind, name, error))?;
        let Some(found) = found else { return Ok(Holder::Nobody) };
        let metadata = json!({ "metadata": found.metadata });
        let child: Child = project::child(kind, &metadata);
        if !child.belongs_to(stack, kind) {
            let holder = match child.owner {
                Owner::Stack { name, .. } | Owner::Claim { stack: name } => Some(name),
                Owner::Other => None,
            };
            return Ok(Holder::Other(Conflict { kind, name: name.clone(), holder }));
        }
        Ok(if child.deleting { Holder::UsLeaving } else { Holder::Us { uid: child.uid } })
    }

    async fn with_live_template(&self, apply: &Apply) -> Result<Value, ApplyError> {
        let (kind, name) = (apply.object.kind, &apply.object.name);
        let live = self.api(kind).get(name).await.map_err(|error| ApplyError::of(kind, name, error))?;
        let live = serde_json::to_value(live).unwrap_or_default();
        Ok(with_live_template(&apply.object.body, &live))
    }

    async fn send(&self, apply: &Apply, body: &Value, uid: Option<&str>) -> Result<Value, ApplyError> {
        let (kind, name) = (apply.object.kind, &apply.object.name);
        let mut body = body.clone();
        let mut params = PatchParams::apply(FIELD_MANAGER).validation_strict();
        if let Some(uid) = uid {
            // With the UID in the body, the API server refuses when another object has taken the name.
            body["metadata"]["uid"] = json!(uid);
            params = params.force();
        }
        let written = self.api(kind).patch(name, &params, &Patch::Apply(&body)).await;
        let written = written.map_err(|error| ApplyError::of(kind, name, error))?;
        Ok(serde_json::to_value(written).unwrap_or_default())
    }

    fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &api_resource(kind))
    }
}

enum Holder {
    Nobody,
    Us { uid: String },
    UsLeaving,
    Other(Conflict),
}

/// What to hold against drift from now on when the apply gave back something else than was sent.
fn settled(sent: &Value, written: &Value) -> Option<Settled> {
    let returned = owned_fields(written);
    let settled = Settled {
        uid: written.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default().to_owned(),
        desired: Digest::of(sent),
        returned: Digest::of(&returned),
        fields: differing_fields(sent, &returned),
    };
    (settled.desired != settled.returned).then_some(settled)
}

impl ApplyError {
    fn of(kind: Kind, name: &str, error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if matches!(status.code, 400 | 403 | 413 | 422) => {
                Self::Refused { kind, name: name.to_owned(), message: status.message.clone() }
            }
            error => Self::Retry { kind, name: name.to_owned(), source: Box::new(error) },
        }
    }
}
