//! Rights of a Stack's ServiceAccount: the operator does only what the account itself could do.
//!
//! The operator checks the rights by LocalSubjectAccessReviews and then acts with its own account. Impersonation would
//! need a right that exceeds the rights of every tenant.

mod answers;
mod rights;

use std::{
    collections::BTreeSet,
    convert::Infallible,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::{
    api::{
        authorization::v1::{LocalSubjectAccessReview, ResourceAttributes, SubjectAccessReviewSpec},
        core::v1::ServiceAccount,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{Api, Client, api::PostParams};

use crate::api::{StackKey, StackSpec};
use answers::{Answer, Answers};
use rights::Right;
pub(super) use rights::{reads, writes};

/// Time for which an answer is cached. A change of a right takes effect after this time at the latest.
const LIFETIME: Duration = Duration::from_secs(60);

/// Cached answers, of about 300 bytes each.
const MOST_ANSWERS: usize = 16_384;

/// Questions of one reconciliation that are asked at the same time.
const AT_ONCE: usize = 8;

/// Objects that a reconciliation checks by name, where the account lacks the right to all objects of the kind.
const MOST_NAMED: usize = 256;

/// Missing rights that a message names.
const MOST_LISTED: usize = 20;

/// The rights of Stacks' ServiceAccounts.
pub(super) struct Accounts {
    client: Client,
    answers: Answers<Question>,
    /// Whether every Stack must name a ServiceAccount.
    is_required: bool,
}

/// The reason for which nothing is written for a Stack.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The ServiceAccount lacks rights.
    #[error("{message}")]
    Forbidden {
        /// The missing rights, and the remedy.
        message: String,
        /// Time after which the answer is checked again.
        again: Duration,
    },
    /// The ServiceAccount does not exist.
    #[error("{message}")]
    NoAccount {
        /// The ServiceAccount, and the remedy.
        message: String,
        /// Time after which the answer is checked again.
        again: Duration,
    },
    /// The API server cannot be reached.
    #[error(transparent)]
    Unknown(#[from] kube::Error),
}

/// A ServiceAccount of a namespace.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Account {
    namespace: String,
    name: String,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Question {
    /// Does an account exist?
    Is(Account),
    /// Does an account have a right in its namespace?
    May(Account, Right),
}

impl Accounts {
    pub(super) fn new(client: Client, is_required: bool) -> Self {
        Self { client, answers: Answers::new(LIFETIME, MOST_ANSWERS), is_required }
    }

    /// Checks that the ServiceAccount of a Stack has these rights. A Stack without an account is not checked, unless every
    /// Stack must name one.
    ///
    /// # Errors
    /// When a right is missing, or the API server cannot be reached.
    pub(super) async fn permit(
        &self,
        key: &StackKey,
        spec: &StackSpec,
        rights: impl FnOnce() -> BTreeSet<Right>,
    ) -> Result<(), Refusal> {
        let forbidden = |message: &str| Refusal::Forbidden { message: message.to_owned(), again: LIFETIME };
        let Some(name) = &spec.service_account_name else {
            return if self.is_required { Err(forbidden(NONE_NAMED)) } else { Ok(()) };
        };
        // The user name is `system:serviceaccount:NAMESPACE:NAME`, so a colon in NAME could name another namespace.
        if !is_name(name) {
            return Err(forbidden(NO_NAME));
        }
        let account = Account { namespace: key.namespace.clone(), name: name.clone() };
        let exists = self.ask(Question::Is(account.clone())).await?;
        if !exists.is_yes {
            return Err(Refusal::NoAccount { message: account.is_missing(), again: left(exists.until) });
        }
        self.check(&account, rights()).await
    }

    /// Forgets old answers periodically.
    pub(super) async fn forget_old(&self) -> Infallible {
        loop {
            tokio::time::sleep(LIFETIME).await;
            self.answers.forget_old();
        }
    }

    async fn check(&self, account: &Account, rights: BTreeSet<Right>) -> Result<(), Refusal> {
        // Most accounts have a right to all objects of a kind, which needs one question instead of one per object.
        let to_all: BTreeSet<Right> = rights.iter().map(Right::to_all).collect();
        let denied = self.denied(account, to_all).await?;
        let is_denied = |right: &Right| denied.iter().any(|(it, _)| *it == right.to_all());
        let (named, all): (BTreeSet<Right>, BTreeSet<Right>) =
            rights.into_iter().filter(is_denied).partition(|right| right.name.is_some());
        let until_of = |right: &Right| denied.iter().find(|(it, _)| it == right).map(|(_, until)| *until);
        let mut missing: Vec<_> =
            all.into_iter().filter_map(|right| until_of(&right).map(|until| (right, until))).collect();
        if named.len() > MOST_NAMED {
            let kinds: BTreeSet<Right> = named.iter().map(Right::to_all).collect();
            missing
                .extend(kinds.into_iter().filter_map(|right| until_of(&right).map(|until| (right, until))));
        } else {
            missing.extend(self.denied(account, named).await?);
        }
        let Some(until) = missing.iter().map(|(_, until)| *until).max() else { return Ok(()) };
        let missing: BTreeSet<Right> = missing.into_iter().map(|(right, _)| right).collect();
        Err(Refusal::Forbidden { message: account.lacks(&missing), again: left(until) })
    }

    /// Returns the rights that the account lacks, and how long the answers are valid.
    async fn denied(
        &self,
        account: &Account,
        rights: BTreeSet<Right>,
    ) -> kube::Result<Vec<(Right, Instant)>> {
        let questions = rights.into_iter().map(async |right| {
            let answer = self.ask(Question::May(account.clone(), right.clone())).await;
            answer.map(|answer| (right, answer))
        });
        let answers: Vec<(Right, Answer)> = stream::iter(questions).buffered(AT_ONCE).try_collect().await?;
        let denied = answers.into_iter().filter(|(_, answer)| !answer.is_yes);
        Ok(denied.map(|(right, answer)| (right, answer.until)).collect())
    }

    async fn ask(&self, question: Question) -> kube::Result<Answer> {
        self.answers
            .answer(question, async |question| match question {
                Question::Is(account) => self.is(&account).await,
                Question::May(account, right) => self.may(&account, &right).await,
            })
            .await
    }

    async fn is(&self, account: &Account) -> kube::Result<bool> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &account.namespace);
        let found = accounts.get_metadata_opt(&account.name).await?;
        // The tokens of a ServiceAccount are invalid once it is being deleted.
        Ok(found.is_some_and(|found| found.metadata.deletion_timestamp.is_none()))
    }

    async fn may(&self, account: &Account, right: &Right) -> kube::Result<bool> {
        let reviews: Api<LocalSubjectAccessReview> = Api::namespaced(self.client.clone(), &account.namespace);
        let answer = reviews.create(&PostParams::default(), &review(account, right)).await?;
        Ok(answer.status.is_some_and(|status| status.allowed && status.denied != Some(true)))
    }
}

const NONE_NAMED: &str = "spec.serviceAccountName: this operator requires a ServiceAccount; name one of the namespace that has the \
                          rights to everything that the Stack does";

const NO_NAME: &str = "spec.serviceAccountName: must be the name of a ServiceAccount of the Stack's namespace, with lower-case \
                       letters, digits, hyphens and dots";

/// Reports whether a text is a DNS subdomain name (RFC 1123), as the names of ServiceAccounts are.
fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(is_inner) && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now()).max(Duration::from_secs(1))
}

/// Returns the review for the user and the groups that the API server assigns to a token of the account.
fn review(account: &Account, right: &Right) -> LocalSubjectAccessReview {
    let Account { namespace, name } = account;
    let attributes = ResourceAttributes {
        namespace: Some(namespace.clone()),
        verb: Some(right.verb.as_str().to_owned()),
        group: Some(right.group.clone()),
        version: Some("v1".to_owned()),
        resource: Some(right.resource.clone()),
        name: right.name.clone(),
        ..ResourceAttributes::default()
    };
    let groups = [
        "system:serviceaccounts".to_owned(),
        format!("system:serviceaccounts:{namespace}"),
        "system:authenticated".to_owned(),
    ];
    LocalSubjectAccessReview {
        metadata: ObjectMeta { namespace: Some(namespace.clone()), ..ObjectMeta::default() },
        spec: SubjectAccessReviewSpec {
            user: Some(format!("system:serviceaccount:{namespace}:{name}")),
            groups: Some(groups.to_vec()),
            resource_attributes: Some(attributes),
            ..SubjectAccessReviewSpec::default()
        },
        status: None,
    }
}

impl Account {
    fn is_missing(&self) -> String {
        let Self { namespace, name } = self;
        format!(
            "ServiceAccount {name} does not exist in the namespace {namespace}; create it with 'kubectl -n {namespace} create \
             serviceaccount {name}', or name another one in spec.serviceAccountName"
        )
    }

    /// Returns the message for missing rights, with the command that grants them.
    fn lacks(&self, missing: &BTreeSet<Right>) -> String {
        let Self { namespace, name } = self;
        let mut listed: Vec<String> = missing.iter().take(MOST_LISTED).map(ToString::to_string).collect();
        if let Some(more) = missing.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
            listed.push(format!("{more} more"));
        }
        let last = listed.pop().unwrap_or_default();
        let listed = if listed.is_empty() { last } else { format!("{} and {last}", listed.join(", ")) };
        let role = format!("{name}-stacks");
        format!(
            "ServiceAccount {name} cannot {listed} in the namespace {namespace}: bind a Role that allows it, such as with \
             'kubectl -n {namespace} create role {role} {}' and 'kubectl -n {namespace} create rolebinding {role} \
             --role={role} --serviceaccount={namespace}:{name}'",
            flags(missing)
        )
    }
}

/// Returns the flags of `kubectl create role` for the first missing right and the rights with the same verb and name.
fn flags(missing: &BTreeSet<Right>) -> String {
    let Some(first) = missing.first() else { return String::new() };
    let alike = missing.iter().filter(|right| right.verb == first.verb && right.name == first.name);
    let kinds: Vec<String> = alike.map(Right::kind).collect();
    let name = first.name.as_ref().map(|name| format!(" --resource-name={name}")).unwrap_or_default();
    format!("--verb={} --resource={}{name}", first.verb.as_str(), kinds.join(","))
}

#[cfg(test)]
mod tests;
