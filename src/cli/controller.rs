//! `stackwright controller`: the operator.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use clap::ValueEnum;
use ipnet::IpNet;
use kube::{Client, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::terminal::has_colors;
use crate::{
    api::{Duration as Span, Quantity},
    cluster::{Scope, rbac::LEASE},
    controller::{self, LeaseOptions, Options},
    registry::{Mirror, RegistryOptions},
    translate::{Limits, translate},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Serve only the Stacks of this namespace; can be repeated [default: all namespaces]
    #[arg(long = "namespace", value_delimiter = ',', value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// Serve /healthz, /readyz and /metrics at this address
    #[arg(long, default_value = "0.0.0.0:8080")]
    http_addr: SocketAddr,
    /// Serve no HTTP
    #[arg(long, conflicts_with = "http_addr")]
    no_http: bool,
    /// Let the Lease expire after this time without renewal, in whole seconds such as 15s
    #[arg(long, default_value = "15s", value_parser = duration)]
    lease_duration: Duration,
    /// Use the Lease of this namespace [default: the served namespace if it is one, or that of the operator]
    #[arg(long, env = "POD_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Identify this process in the Lease [default: a unique name]
    #[arg(long, env = "POD_NAME")]
    identity: Option<String>,
    /// Run without a Lease, as the only operator
    #[arg(long, conflicts_with = "lease_duration")]
    no_lease: bool,
    /// Reconcile at most this number of Stacks at once, and half this number in one namespace
    #[arg(long, default_value_t = Options::default().concurrency)]
    concurrency: u16,
    /// Use this image for init containers that seed volumes and set file owners [default: none]
    ///
    /// The image is that of Stackwright, under the name by which nodes pull it. Without the image, new volumes are empty
    /// and files have the owners and permission bits that Kubernetes gives them.
    #[arg(long, env = "STACKWRIGHT_HELPER_IMAGE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    helper_image: Option<String>,
    /// Request ReadWriteMany for shared volumes of this StorageClass; can be repeated
    ///
    /// The Kubernetes API does not report whether several nodes can mount the volumes of a StorageClass. The operator keeps
    /// services that share a volume of another StorageClass on one node.
    #[arg(long = "shared-class", env = "STACKWRIGHT_SHARED_CLASSES", value_delimiter = ',')]
    shared_classes: Vec<String>,
    /// Read image metadata from a mirror, such as docker.io=http://10.0.0.7:5000; can be repeated
    ///
    /// Name the mirrors from which the nodes pull. The host '*' stands for every registry.
    #[arg(
        long = "registry-mirror",
        env = "STACKWRIGHT_REGISTRY_MIRRORS",
        value_delimiter = ',',
        value_name = "HOST=URL"
    )]
    registry_mirrors: Vec<Mirror>,
    /// Read image metadata also from registries at these addresses, such as 10.0.0.0/8; can be repeated
    ///
    /// By default, the operator connects only to mirrors and to registries at public addresses. The author of a Stack
    /// chooses the host of an image, and could otherwise learn which addresses answer inside the cluster.
    #[arg(
        long = "allow-registry-address",
        env = "STACKWRIGHT_ALLOWED_REGISTRY_ADDRESSES",
        value_delimiter = ',',
        value_name = "CIDR"
    )]
    allowed_registry_addresses: Vec<IpNet>,
    /// Read no image metadata from registries
    ///
    /// Only settings of the Stack apply then.
    #[arg(long, conflicts_with_all = ["registry_mirrors", "allowed_registry_addresses"])]
    no_image_metadata: bool,
    /// Run only Stacks that set spec.serviceAccountName
    ///
    /// For each Stack, the operator then does only what the ServiceAccount of the Stack is allowed to do.
    #[arg(long)]
    require_service_account: bool,
    /// Limit the objects of one Stack
    #[arg(long, default_value_t = Limits::default().objects)]
    max_objects_per_stack: usize,
    /// Limit the PersistentVolumeClaims of one Stack, for named and anonymous volumes
    #[arg(long, default_value_t = Limits::default().claims)]
    max_claims_per_stack: usize,
    /// Limit the additional names of one service
    ///
    /// Aliases, the container name and the host name count. Each becomes a Service.
    #[arg(long, default_value_t = Limits::default().names)]
    max_names_per_service: usize,
    /// Limit the ports of one service, including those in addresses that other services use
    ///
    /// Each Service of a service has all ports.
    #[arg(long, default_value_t = Limits::default().ports)]
    max_ports_per_service: usize,
    /// Limit the memory that the objects of one Stack use while the operator builds them, in bytes
    ///
    /// The operator builds at most two Stacks for each processor at the same time. Raise the memory limit of the operator
    /// together with this limit.
    #[arg(long, default_value = "48Mi", value_parser = bytes)]
    max_memory_per_stack: usize,
    /// Write log lines in this format
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Text for people
    Text,
    /// One JSON object per line
    Json,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    log_to_stderr(args.log_format);
    let config = Config::infer()
        .await
        .context("cannot find a cluster: set KUBECONFIG, or run in a Pod with a ServiceAccount")?;
    let own_namespace = config.default_namespace.clone();
    let client = Client::try_from(config).context("cannot use the configuration of the cluster")?;
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    let scope: Scope = args.namespaces.into_iter().collect();
    let lease_namespace = args.lease_namespace.or_else(|| scope.single().map(str::to_owned));
    let options = Options {
        http: (!args.no_http).then_some(args.http_addr),
        lease: (!args.no_lease).then(|| LeaseOptions {
            name: LEASE.to_owned(),
            namespace: lease_namespace.unwrap_or(own_namespace),
            identity: args.identity.unwrap_or_else(unique_identity),
            duration: args.lease_duration,
        }),
        scope,
        concurrency: args.concurrency,
        helper_image: args.helper_image,
        shared_classes: args.shared_classes,
        registries: (!args.no_image_metadata).then_some(RegistryOptions {
            mirrors: args.registry_mirrors,
            allowed: args.allowed_registry_addresses,
        }),
        requires_account: args.require_service_account,
        limits: Limits {
            objects: args.max_objects_per_stack,
            claims: args.max_claims_per_stack,
            names: args.max_names_per_service,
            ports: args.max_ports_per_service,
            memory: args.max_memory_per_stack,
        },
        translation: translate,
    };
    controller::run(client, options, stop).await
}

fn log_to_stderr(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,kube_runtime=warn,kube_client=warn"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(has_colors())
        // The operator runs on when its log is closed: by default, a message about the failed write would panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

fn stop_on_signals(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    Ok(())
}

/// Returns the process number and the start time: two processes of one machine never share both.
fn unique_identity() -> String {
    format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond())
}

fn duration(text: &str) -> Result<Duration, String> {
    let span: Span = text.parse().map_err(|error| format!("{error}"))?;
    let span = Duration::from(span);
    if span < Duration::from_secs(2) { Err("the duration must be at least 2s".to_owned()) } else { Ok(span) }
}

fn bytes(text: &str) -> Result<usize, String> {
    const NANOS: u128 = 1_000_000_000;
    let nanos = Quantity::from(text).nanos().map_err(|error| error.to_string())?;
    usize::try_from(nanos / NANOS).map_err(|_| format!("{text} exceeds the address space of this machine"))
}
