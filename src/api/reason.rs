//! The reasons of a Stack's conditions.

use super::ConditionType;

/// Defines [`Reason`] by the condition that it explains. The doc comment of a variant is its meaning in the description
/// of the CRD and in docs/reference.md, so the three cannot differ.
macro_rules! reasons {
    ($($condition:ident { $($(#[doc = $meaning:literal])+ $reason:ident,)+ })+) => {
        /// The reason of a condition.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Reason {
            $($($(#[doc = $meaning])+ $reason,)+)+
        }

        impl Reason {
            /// All reasons, by condition.
            pub const ALL: &[Self] = &[$($(Self::$reason,)+)+];

            /// Returns the name in the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$reason => stringify!($reason),)+)+
                }
            }

            /// Returns the sentence that says when a condition has the reason.
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$reason => concat!($($meaning,)+).trim_start(),)+)+
                }
            }

            /// Returns the condition that is true with the reason. While `Reconciling` or `Stalled` is true, `Ready` is
            /// false and has the same reason.
            pub fn condition(self) -> ConditionType {
                match self {
                    $($(Self::$reason => ConditionType::$condition,)+)+
                }
            }
        }
    };
}

reasons! {
    Ready {
        /// Every active service is up, or none is active.
        Succeeded,
    }
    Reconciling {
        /// Objects or containers are being created, replaced or deleted.
        Progressing,
        /// A service waits for another service.
        DependencyNotReady,
        /// A Secret, ConfigMap, claim or ServiceAccount does not exist, or a key is missing in it.
        MissingObject,
        /// A service waits until a registry has answered what the image's configuration says.
        ImageUnknown,
        /// The cluster cannot run a service: no node has room, a claim has no volume, or an image cannot be pulled.
        Blocked,
        /// The health check of a service fails.
        ServiceUnhealthy,
        /// A service keeps ending, or an update of it has made no progress.
        ServiceFailed,
    }
    Stalled {
        /// A one-shot has ended with an error and does not run again by itself.
        OneShotFailed,
        /// Services depend on each other in a cycle.
        DependencyCycle,
        /// The Stack names a service that it does not have.
        UnknownDependency,
        /// A service names a network that the Stack does not declare.
        UnknownNetwork,
        /// A service names a volume that the Stack does not declare.
        UnknownVolume,
        /// A service names a config that the Stack does not declare.
        UnknownConfig,
        /// A service names a secret that the Stack does not declare.
        UnknownSecret,
        /// A dependency with `service_healthy` has no health check.
        NoHealthcheck,
        /// Two active services publish the same port.
        PortClash,
        /// Two entries of the Stack need objects of the same name.
        NameClash,
        /// Two routes have the same host and path.
        RouteClash,
        /// A service needs a privilege that the namespace does not grant.
        NotAllowed,
        /// A name is not a valid name in Kubernetes.
        InvalidName,
        /// Environment variables refer to each other in a cycle.
        EnvironmentCycle,
        /// A field has a value that cannot be used.
        InvalidValue,
        /// The Stack exceeds a limit of the operator.
        TooLarge,
        /// Another Stack has an object with a name that this Stack needs.
        NameTaken,
        /// An object with a name that this Stack needs exists, and no Stack made it.
        Conflict,
        /// The API server refuses an object of the Stack.
        Refused,
        /// The ServiceAccount of the Stack lacks a right.
        Forbidden,
        /// The operator failed because of an error of its own. Its log has the details.
        InternalError,
    }
    Approximated {
        /// The cluster cannot reproduce a setting exactly, or another program keeps changing a field.
        NotExact,
    }
    JobFailed {
        /// The last run of a job has failed. The next run on schedule is not affected.
        RunFailed,
    }
}
