//! `stackwright controller`

use std::{io::IsTerminal, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use clap::ValueEnum;
use ipnet::IpNet;
use kube::{Client, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    api::{Duration as Span, Quantity},
    cluster::rbac::LEASE,
    controller::{self, LeaseOptions, Options},
    registry::{Mirror, RegistryOptions},
    translate::{Limits, translate},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Serve the Stacks of this namespace only.
    #[arg(long)]
    namespace: Option<String>,
    /// Where /healthz, /readyz and /metrics are served.
    #[arg(long, default_value = "0.0.0.0:8080")]
    http_addr: SocketAddr,
    /// Serve no HTTP.
    #[arg(long, conflicts_with = "http_addr")]
    no_http: bool,
    /// How long the lease holds without being renewed, in whole seconds such as 15s.
    #[arg(long, default_value = "15s", value_parser = duration)]
    lease_duration: Duration,
    /// The lease's namespace. Default: the namespace that is served, else the operator's own.
    #[arg(long, env = "POD_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Who this process is to the lease. Default: a name that no other process has.
    #[arg(long, env = "POD_NAME")]
    identity: Option<String>,
    /// Take no lease: this is the only operator.
    #[arg(long, conflicts_with = "lease_duration")]
    no_lease: bool,
    /// How many Stacks are reconciled at the same time. One namespace has half of them at most.
    #[arg(long, default_value_t = Options::default().concurrency)]
    concurrency: u16,
    /// The image of Stackwright itself, as the nodes pull it: its init containers fill new volumes with what
    /// an image has, and copy files that a volume cannot give as they should be. Default: nothing does.
    #[arg(long, env = "STACKWRIGHT_HELPER_IMAGE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    helper_image: Option<String>,
    /// A storage class whose volumes several nodes may mount at a time, since no API tells of that: volumes
    /// that services share are made so. May be repeated.
    #[arg(long = "shared-class", env = "STACKWRIGHT_SHARED_CLASSES", value_delimiter = ',')]
    shared_classes: Vec<String>,
    /// Ask a registry's mirror for what images say of themselves, as the nodes pull from it, such as
    /// docker.io=http://10.0.0.7:5000; * stands for every registry. May be repeated.
    #[arg(
        long = "registry-mirror",
        env = "STACKWRIGHT_REGISTRY_MIRRORS",
        value_delimiter = ',',
        value_name = "HOST=URL"
    )]
    registry_mirrors: Vec<Mirror>,
    /// Ask registries at these addresses, too, such as 10.0.0.0/8 for those of a private network. Without it
    /// only registries at public addresses and mirrors are asked: the author of a Stack chooses the host, and
    /// could otherwise learn what answers inside the cluster. May be repeated.
    #[arg(
        long = "allow-registry-address",
        env = "STACKWRIGHT_ALLOWED_REGISTRY_ADDRESSES",
        value_delimiter = ',',
        value_name = "CIDR"
    )]
    allowed_registry_addresses: Vec<IpNet>,
    /// Ask no registry for what images say of themselves: only what Stacks say counts.
    #[arg(long, conflicts_with_all = ["registry_mirrors", "allowed_registry_addresses"])]
    no_image_metadata: bool,
    /// Run only Stacks that name a ServiceAccount (spec.serviceAccountName), so that none is given more than an account
    /// of its namespace may do.
    #[arg(long)]
    require_service_account: bool,
    /// The most objects that one Stack may become.
    #[arg(long, default_value_t = Limits::default().objects)]
    max_objects_per_stack: usize,
    /// The most claims among them, for named and anonymous volumes.
    #[arg(long, default_value_t = Limits::default().claims)]
    max_claims_per_stack: usize,
    /// The most further names of one service: aliases, its container's name and its host name. Each becomes a Service.
    #[arg(long, default_value_t = Limits::default().names)]
    max_names_per_service: usize,
    /// The most ports of one service, with those that other services dial. Each of its Services has all of them.
    #[arg(long, default_value_t = Limits::default().ports)]
    max_ports_per_service: usize,
    /// The most memory that the objects of one Stack may take while they are made, in bytes, such as 48Mi. Several Stacks
    /// are made at a time, one for each processor and two at least: raise the operator's memory limit with it.
    #[arg(long, default_value = "48Mi", value_parser = bytes)]
    max_memory_per_stack: usize,
    /// How log lines are written.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object for each line.
    Json,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    log_to_stderr(args.log_format);
    let config = Config::infer()
        .await
        .context("no cluster is configured: set KUBECONFIG, or run in a pod with a service account")?;
    let own_namespace = config.default_namespace.clone();
    let client = Client::try_from(config).context("the cluster's configuration cannot be used")?;
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    let options = Options {
        http: (!args.no_http).then_some(args.http_addr),
        lease: (!args.no_lease).then(|| LeaseOptions {
            name: LEASE.to_owned(),
            namespace: args.lease_namespace.or_else(|| args.namespace.clone()).unwrap_or(own_namespace),
            identity: args.identity.unwrap_or_else(unique_identity),
            duration: args.lease_duration,
        }),
        namespace: args.namespace,
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
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

fn stop_on_signals(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
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

/// The start time and process number: two processes of one machine never share both.
fn unique_identity() -> String {
    format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond())
}

fn duration(text: &str) -> Result<Duration, String> {
    let span: Span = text.parse().map_err(|error| format!("{error}"))?;
    let span = Duration::from(span);
    if span < Duration::from_secs(2) {
        Err("a lease lasts two seconds at least".to_owned())
    } else {
        Ok(span)
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    const NANOS: u128 = 1_000_000_000;
    let nanos = Quantity::from(text).nanos().map_err(|error| error.to_string())?;
    usize::try_from(nanos / NANOS).map_err(|_| format!("{text} is more than this machine has"))
}
