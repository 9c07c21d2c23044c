//! Writes: server-side apply and delete. Each write has a precondition that the object belongs to the Stack.

use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, Preconditions, PropagationPolicy},
};
use serde_json::{Value, json};

use super::{api_resource, project};
use crate::{
    api::labels::FIELD_MANAGER,
    plan::{
        Apply, Child, Conflict, Delete, Digest, Holder, Identity, Settled, differing_fields, owned_fields,
        suspended, with_live_template, without_owner,
    },
    translate::Kind,
};

/// A writer for the objects of one namespace.
#[derive(Clone)]
pub struct Applier {
    client: Client,
    namespace: String,
}

/// The outcome of an apply.
#[derive(Debug)]
pub enum Applied {
    /// The object was written.
    Written {
        /// The object as the API server returned it.
        object: Box<Value>,
        /// The field conflict, if an admission webhook changed fields that the operator sent.
        settled: Option<Settled>,
    },
    /// The name belongs to another owner. Nothing was sent.
    Taken(Conflict),
    /// The object is being deleted, or its live template is unknown. Its next event triggers a reconciliation.
    Later,
}

/// The error of a write.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The API server refuses the write because of validation, a quota or a policy. Only a change of the spec or of the
    /// policy helps.
    #[error("the cluster refuses {kind} {name}: {message}", kind = kind.as_str())]
    Refused {
        /// The object's kind.
        kind: Kind,
        /// The object's name.
        name: String,
        /// The API server's words.
        message: String,
        /// Whether the object itself is invalid, so that a retry cannot succeed.
        for_good: bool,
    },
    /// A failure that can go away with a retry: no connection, a conflict, an overload.
    #[error("cannot write {kind} {name}: {source}", kind = kind.as_str())]
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
    /// Returns a writer for one namespace.
    pub fn new(client: Client, namespace: &str) -> Self {
        Self { client, namespace: namespace.to_owned() }
    }

    /// Applies an object. An object with an unknown name is only created: a server-side apply without force would merge
    /// into an object of another owner if no field conflicts, and would add the owner reference to it.
    ///
    /// # Errors
    /// When the API server refuses the object, or cannot be reached.
    pub async fn apply(&self, stack: Identity<'_>, apply: &Apply) -> Result<Applied, ApplyError> {
        let (kind, name) = (apply.object.kind, &apply.object.name);
        let uid = match &apply.uid {
            Some(uid) => uid.clone(),
            None => match self.create(stack, apply).await? {
                Created::New(written) => return Ok(written),
                Created::Is(Found::Ours { uid }) => uid,
                Created::Is(Found::Foreign(conflict)) => return Ok(Applied::Taken(conflict)),
                Created::Is(Found::Leaving | Found::Nothing) => return Ok(Applied::Later),
            },
        };
        let body = if apply.keeps_template {
            let Some(body) = with_live_template(&apply.object.body, &self.live(kind, name).await?) else {
                return Ok(Applied::Later);
            };
            body
        } else {
            apply.object.body.clone()
        };
        self.written(kind, name, body, Precondition::Uid(&uid)).await
    }

    /// Creates an object, or returns what has its name.
    async fn create(&self, stack: Identity<'_>, apply: &Apply) -> Result<Created, ApplyError> {
        let (kind, name) = (apply.object.kind, &apply.object.name);
        // An object that keeps its live template exists already.
        if apply.keeps_template {
            return self.look(stack, kind, name).await.map(Created::Is);
        }
        match self.written(kind, name, apply.object.body.clone(), Precondition::Absent).await {
            Ok(written) => Ok(Created::New(written)),
            Err(failure) if failure.is_conflict() => match self.look(stack, kind, name).await? {
                // The object was deleted meanwhile.
                Found::Nothing => Err(failure),
                found => Ok(Created::Is(found)),
            },
            Err(failure) => Err(failure),
        }
    }

    async fn written(
        &self,
        kind: Kind,
        name: &str,
        body: Value,
        precondition: Precondition<'_>,
    ) -> Result<Applied, ApplyError> {
        let object = self.send(kind, name, &body, precondition).await?;
        let settled = settled(&body, &object);
        Ok(Applied::Written { object: Box::new(object), settled })
    }

    /// Deletes an object, unless another one has taken its name. A deleted object is no error.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached.
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

    /// Removes the owner reference of a claim, so that the claim outlives the Stack. A deleted claim is no error.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached.
    pub async fn release(&self, claim: &Delete) -> Result<Option<Value>, ApplyError> {
        let found = self.api(claim.kind).get_opt(&claim.name).await;
        let found = found.map_err(|error| ApplyError::of(claim.kind, &claim.name, error))?;
        let Some(live) = found else { return Ok(None) };
        let body = without_owner(&serde_json::to_value(live).unwrap_or_default());
        self.send(claim.kind, &claim.name, &body, Precondition::Uid(&claim.uid)).await.map(Some)
    }

    /// Suspends a CronJob, so that it starts no further run. A deleted CronJob is no error.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached.
    pub async fn suspend(&self, cron_job: &Delete) -> Result<Option<Value>, ApplyError> {
        let found = self.api(cron_job.kind).get_opt(&cron_job.name).await;
        let found = found.map_err(|error| ApplyError::of(cron_job.kind, &cron_job.name, error))?;
        let Some(live) = found else { return Ok(None) };
        let body = suspended(&serde_json::to_value(live).unwrap_or_default());
        self.send(cron_job.kind, &cron_job.name, &body, Precondition::Uid(&cron_job.uid)).await.map(Some)
    }

    /// Returns the conflict if a name belongs to another owner.
    ///
    /// # Errors
    /// When the API server cannot be reached.
    pub async fn conflict(
        &self,
        stack: Identity<'_>,
        kind: Kind,
        name: &str,
    ) -> Result<Option<Conflict>, ApplyError> {
        match self.look(stack, kind, name).await? {
            Found::Foreign(conflict) => Ok(Some(conflict)),
            _ => Ok(None),
        }
    }

    async fn look(&self, stack: Identity<'_>, kind: Kind, name: &str) -> Result<Found, ApplyError> {
        let found =
            self.api(kind).get_metadata_opt(name).await.map_err(|error| ApplyError::of(kind, name, error))?;
        let Some(found) = found else { return Ok(Found::Nothing) };
        let child: Child = project::child(kind, &json!({ "metadata": found.metadata }));
        if child.belongs_to(stack, kind) {
            return Ok(if child.deleting { Found::Leaving } else { Found::Ours { uid: child.uid } });
        }
        Ok(match child.holder(stack) {
            Holder::Predecessor => Found::Leaving,
            Holder::Stack(holder) => {
                Found::Foreign(Conflict { kind, name: name.to_owned(), holder: Some(holder) })
            }
            Holder::Other => Found::Foreign(Conflict { kind, name: name.to_owned(), holder: None }),
        })
    }

    async fn live(&self, kind: Kind, name: &str) -> Result<Value, ApplyError> {
        let live = self.api(kind).get(name).await.map_err(|error| ApplyError::of(kind, name, error))?;
        Ok(serde_json::to_value(live).unwrap_or_default())
    }

    async fn send(
        &self,
        kind: Kind,
        name: &str,
        body: &Value,
        precondition: Precondition<'_>,
    ) -> Result<Value, ApplyError> {
        let mut body = body.clone();
        let mut params = PatchParams::apply(FIELD_MANAGER).validation_strict();
        match precondition {
            Precondition::Absent => body["metadata"]["resourceVersion"] = json!(NO_VERSION),
            Precondition::Uid(uid) => {
                body["metadata"]["uid"] = json!(uid);
                params = params.force();
            }
        }
        let written = self.api(kind).patch(name, &params, &Patch::Apply(&body)).await;
        let written = written.map_err(|error| ApplyError::of(kind, name, error))?;
        Ok(serde_json::to_value(written).unwrap_or_default())
    }

    fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &api_resource(kind))
    }
}

/// The precondition of an apply.
enum Precondition<'a> {
    /// No object has the name. The API server compares the resourceVersion of an apply with that of a live object, and
    /// creates the object if there is none.
    Absent,
    /// The object has this UID. The API server refuses the apply if another object has taken the name.
    Uid(&'a str),
}

/// A resourceVersion that no object has: etcd's revision 1 is that of the empty store.
const NO_VERSION: &str = "1";

/// The outcome of a creation.
enum Created {
    /// The object was created.
    New(Applied),
    /// An object has the name.
    Is(Found),
}

/// The owner of a name.
enum Found {
    Nothing,
    Ours { uid: String },
    Leaving,
    Foreign(Conflict),
}

/// Returns the field conflict if the API server returned other values than were sent. Later drift is measured against it.
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
    /// Returns the kind of the object.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused { kind, .. } | Self::Retry { kind, .. } => *kind,
        }
    }

    /// Reports whether a retry cannot succeed.
    pub fn is_for_good(&self) -> bool {
        matches!(self, Self::Refused { for_good: true, .. })
    }

    /// Reports whether the precondition failed.
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Retry { source, .. } if matches!(source.as_ref(), kube::Error::Api(status) if status.code == 409))
    }

    fn of(kind: Kind, name: &str, error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if matches!(status.code, 400 | 403 | 413 | 422) => Self::Refused {
                kind,
                name: name.to_owned(),
                message: status.message.clone(),
                // 403 is a quota or a right, which can change. A malformed object stays malformed.
                for_good: status.code != 403,
            },
            error => Self::Retry { kind, name: name.to_owned(), source: Box::new(error) },
        }
    }
}
