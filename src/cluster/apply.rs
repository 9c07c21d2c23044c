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
        Apply, Child, Conflict, Delete, Digest, Holder, Identity, Settled, differing_fields, owned_fields,
        with_live_template, without_owner,
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
    /// Not now: the object of that name is on its way out, or what must stay of it cannot be told.
    /// Its next event brings the next pass.
    Later,
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
        /// Whether the object itself is at fault, so that sending it again makes no sense.
        for_good: bool,
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

    /// Applies an object. One for a name that no watch holds is only ever created: an apply without
    /// force merges itself into a foreign object that has no conflicting field, owner reference and all.
    ///
    /// # Errors
    /// When the API server refuses the object, or cannot be asked.
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

    /// Creates an object, or says what has its name.
    async fn create(&self, stack: Identity<'_>, apply: &Apply) -> Result<Created, ApplyError> {
        let (kind, name) = (apply.object.kind, &apply.object.name);
        // What keeps its template is there already: nothing is created without the live one.
        if apply.keeps_template {
            return self.look(stack, kind, name).await.map(Created::Is);
        }
        match self.written(kind, name, apply.object.body.clone(), Precondition::Absent).await {
            Ok(written) => Ok(Created::New(written)),
            Err(failure) if failure.is_conflict() => match self.look(stack, kind, name).await? {
                // It went meanwhile.
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

    /// Gives up the ownership of a claim, so that it outlives the Stack; everything else of it
    /// stays. That it is gone already is no error.
    ///
    /// # Errors
    /// When the API server cannot be asked, or refuses.
    pub async fn release(&self, claim: &Delete) -> Result<Option<Value>, ApplyError> {
        let found = self.api(claim.kind).get_opt(&claim.name).await;
        let found = found.map_err(|error| ApplyError::of(claim.kind, &claim.name, error))?;
        let Some(live) = found else { return Ok(None) };
        let body = without_owner(&serde_json::to_value(live).unwrap_or_default());
        self.send(claim.kind, &claim.name, &body, Precondition::Uid(&claim.uid)).await.map(Some)
    }

    /// Who else holds a name, if someone does.
    ///
    /// # Errors
    /// When the API server cannot be asked.
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

/// What must hold of a name for an apply to be taken.
enum Precondition<'a> {
    /// There is no object of it. The API server compares the resourceVersion of an apply with that of
    /// the object, and creates one where there is none.
    Absent,
    /// The object has this UID: the API server refuses when another one has taken the name.
    Uid(&'a str),
}

/// The resourceVersion that no object has: etcd's first revision is that of the empty store.
const NO_VERSION: &str = "1";

/// What became of a creation.
enum Created {
    /// It was created.
    New(Applied),
    /// Something has its name.
    Is(Found),
}

/// What a look at a name found.
enum Found {
    Nothing,
    Ours { uid: String },
    Leaving,
    Foreign(Conflict),
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
    /// The kind of the object that could not be written.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused { kind, .. } | Self::Retry { kind, .. } => *kind,
        }
    }

    /// Whether sending the same again makes no sense.
    pub fn is_for_good(&self) -> bool {
        matches!(self, Self::Refused { for_good: true, .. })
    }

    /// Whether the precondition did not hold.
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Retry { source, .. } if matches!(source.as_ref(), kube::Error::Api(status) if status.code == 409))
    }

    fn of(kind: Kind, name: &str, error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if matches!(status.code, 400 | 403 | 413 | 422) => Self::Refused {
                kind,
                name: name.to_owned(),
                message: status.message.clone(),
                // A quota or a right may come back; a malformed object stays malformed.
                for_good: status.code != 403,
            },
            error => Self::Retry { kind, name: name.to_owned(), source: Box::new(error) },
        }
    }
}
