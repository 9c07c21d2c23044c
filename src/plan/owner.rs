//! Owners of objects.

/// The Stack of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// Its UID.
    pub uid: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// The owner of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Owner {
    /// The Stack with this UID controls the object.
    Stack {
        /// The UID of the Stack.
        uid: String,
        /// The name of the Stack.
        name: String,
    },
    /// A claim with the label of this Stack and without a controller, which outlives the Stack.
    Claim {
        /// The name of the Stack.
        stack: String,
    },
    /// A CronJob controls the object, which has the label of this Stack: a run of a job.
    CronJob {
        /// The name of the Stack.
        stack: String,
    },
    /// Another owner, or none.
    Other,
}

impl Owner {
    /// Returns the name of the Stack that owns the object.
    pub fn stack(&self) -> Option<&str> {
        match self {
            Self::Stack { name, .. } | Self::Claim { stack: name } | Self::CronJob { stack: name } => {
                Some(name)
            }
            Self::Other => None,
        }
    }
}

/// The owner of an object whose name a Stack needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Holder {
    /// The Stack with this name.
    Stack(String),
    /// An earlier Stack with the same name and namespace, whose objects are being garbage collected.
    Predecessor,
    /// Another owner, or none.
    Other,
}
