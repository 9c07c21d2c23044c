//! Whether the ServiceAccount of a Stack may do by hand what the operator is about to do for it.
//!
//! The operator asks the API server, by LocalSubjectAccessReviews, and then acts as itself: the right to impersonate
//! would be more than any tenant has.

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

use crate::{api::StackSpec, cluster::StackKey};
use answers::{Answer, Answers};
use rights::Right;
pub(super) use rights::{reads, writes};

/// How long an answer holds. So long a right that was given or taken away may go unnoticed.
const LIFETIME: Duration = Duration::from_secs(60);

/// How many answers are kept, of about 300 bytes each.
const MOST_ANSWERS: usize = 16_384;

/// How many questions of one pass are asked at the same time.
const AT_ONCE: usize = 8;

/// How many objects a pass asks for by name, where the account may not do the same to all of their kind.
const MOST_NAMED: usize = 256;

/// How many missing rights are told.
const MOST_TOLD: usize = 20;

/// What the ServiceAccounts of Stacks may do.
pub(super) struct Accounts {
    client: Client,
    answers: Answers<Question>,
    /// Whether each Stack has to name one.
    is_required: bool,
}

/// Why nothing is done for a Stack.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// Its account may not do that.
    #[error("{message}")]
    Forbidden {
        /// What it may not, and the remedy.
        message: String,
        /// When that may have changed.
        again: Duration,
    },
    /// Its account does not exist.
    #[error("{message}")]
    NoAccount {
        /// Which one, and the remedy.
        message: String,
        /// When that may have changed.
        again: Duration,
    },
    /// The API server could not be asked.
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
    /// Whether an account exists.
    Is(Account),
    /// Whether it has a right in its namespace.
    May(Account, Right),
}

impl Accounts {
    pub(super) fn new(client: Client, is_required: bool) -> Self {
        Self { client, answers: Answers::new(LIFETIME, MOST_ANSWERS), is_required }
    }

    /// Whether the account of a Stack has these rights. A Stack without one is held to nothing, unless each has to name
    /// one.
    ///
    /// # Errors
    /// When it has not, or when that could not be asked.
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
        // A name with a colon would end the namespace's part of a user's name before its time.
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

    /// Forgets old answers, again and again.
    pub(super) async fn forget_old(&self) -> Infallible {
        loop {
            tokio::time::sleep(LIFETIME).await;
            self.answers.forget_old();
        }
    }

    async fn check(&self, account: &Account, rights: BTreeSet<Right>) -> Result<(), Refusal> {
        // Most accounts may do the same to all objects of a kind, which is one question for all of them.
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

    /// Which of these rights the account has not, and until when that is known.
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
        // One that is on its way out has tokens no more.
        Ok(found.is_some_and(|found| found.metadata.deletion_timestamp.is_none()))
    }

    async fn may(&self, account: &Account, right: &Right) -> kube::Result<bool> {
        let reviews: Api<LocalSubjectAccessReview> = Api::namespaced(self.client.clone(), &account.namespace);
        let answer = reviews.create(&PostParams::default(), &review(account, right)).await?;
        Ok(answer.status.is_some_and(|status| status.allowed && status.denied != Some(true)))
    }
}

const NONE_NAMED: &str = "spec.serviceAccountName: this operator runs only Stacks that name a ServiceAccount: name one of the \
                          namespace that may do by hand what the Stack does";

const NO_NAME: &str = "spec.serviceAccountName: write the name of a ServiceAccount of the Stack's namespace, in lower-case \
                       letters, digits, hyphens and dots";

/// Whether a text is a DNS subdomain name, as the names of ServiceAccounts are.
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

/// The question, about the user and the groups that the API server gives a token of the account.
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
            "ServiceAccount {name} does not exist in the namespace {namespace}: create it by 'kubectl -n {namespace} create \
             serviceaccount {name}', or name another one in spec.serviceAccountName"
        )
    }

    /// What the account may not do, and how it may.
    fn lacks(&self, missing: &BTreeSet<Right>) -> String {
        let Self { namespace, name } = self;
        let mut told: Vec<String> = missing.iter().take(MOST_TOLD).map(ToString::to_string).collect();
        if let Some(more) = missing.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
            told.push(format!("{more} more"));
        }
        let last = told.pop().unwrap_or_default();
        let told = if told.is_empty() { last } else { format!("{} and {last}", told.join(", ")) };
        let role = format!("{name}-stacks");
        format!(
            "ServiceAccount {name} cannot {told} in the namespace {namespace}: bind a Role that allows it, such as by \
             'kubectl -n {namespace} create role {role} {}' and 'kubectl -n {namespace} create rolebinding {role} \
             --role={role} --serviceaccount={namespace}:{name}'",
            flags(missing)
        )
    }
}

/// The first of the missing rights as flags of `kubectl create role`, with those of the same verb and name.
fn flags(missing: &BTreeSet<Right>) -> String {
    let Some(first) = missing.first() else { return String::new() };
    let alike = missing.iter().filter(|right| right.verb == first.verb && right.name == first.name);
    let kinds: Vec<String> = alike.map(Right::kind).collect();
    let name = first.name.as_ref().map(|name| format!(" --resource-name={name}")).unwrap_or_default();
    format!("--verb={} --resource={}{name}", first.verb.as_str(), kinds.join(","))
}

#[cfg(test)]
mod tests;
