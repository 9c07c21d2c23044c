//! `stackwright port`: the address at which a port of a service answers.

use clap::ValueEnum;

use super::{
    containers::containers,
    failure::Failure,
    ports::{Publisher, Reach, publishers},
    selection::{StackArgs, services},
    target::Target,
    terminal::print,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Look at this service
    service: String,
    /// Print the address of this port of the container
    #[arg(value_name = "PORT", value_parser = clap::value_parser!(i32).range(1..=65535))]
    port: i32,
    /// Choose the transport protocol
    #[arg(long, value_enum, default_value_t = Protocol::Tcp)]
    protocol: Protocol,
    /// Choose the container with this number, if the service has several
    #[arg(long, value_name = "NUMBER")]
    index: Option<usize>,
    #[command(flatten)]
    stack: StackArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Protocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let observed = target.observe().await?;
    let service = services(&observed.stack, std::slice::from_ref(&args.service))?.swap_remove(0);
    let all = containers(&observed.pods);
    let own: Vec<_> = all
        .iter()
        .filter(|container| container.service == service)
        .filter(|container| args.index.is_none_or(|index| container.index == index))
        .collect();
    let ports = publishers(&service, &observed.services, &observed.ingresses, &own);
    let protocol = match args.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    print(&addresses(&service, args.port, protocol, &ports)?)
}

/// Returns the addresses of a port, one per line.
fn addresses(service: &str, port: i32, protocol: &str, ports: &[Publisher]) -> Result<String, Failure> {
    let own: Vec<_> = ports.iter().filter(|it| it.target_port == port && it.protocol == protocol).collect();
    let found: String = own.iter().filter_map(|port| port.address()).map(|address| address + "\n").collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if own.iter().any(|port| port.reach == Reach::Pending) {
        let cause = format!("port {port}/{protocol} of service {service} has no address yet");
        return Err(Failure::new(cause).remedy("wait for the load balancer, or set spec.publish to NodePort"));
    }
    let published: Vec<_> = ports.iter().filter(|port| port.reach != Reach::Stack).collect();
    let published: Vec<_> =
        published.iter().map(|port| format!("{}/{}", port.target_port, port.protocol)).collect();
    let failure = Failure::new(format!("service {service} does not publish port {port}/{protocol}"));
    Err(if published.is_empty() {
        failure.remedy("list the port in 'ports' of the service")
    } else {
        failure.remedy(format!("name one of {}", published.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(url: &str, reach: Reach) -> Publisher {
        Publisher {
            url: url.to_owned(),
            target_port: 80,
            published_port: 8080,
            protocol: "tcp".to_owned(),
            reach,
        }
    }

    #[test]
    fn a_port_without_an_address_has_a_cause_and_a_remedy() {
        let published = [port("10.1.2.3", Reach::Address)];
        assert_eq!(addresses("web", 80, "tcp", &published).unwrap(), "10.1.2.3:8080\n");
        let cause = |port: i32, ports: &[Publisher]| {
            let failure = addresses("web", port, "tcp", ports).unwrap_err();
            format!("{failure}: {}", failure.help().unwrap())
        };
        assert_eq!(cause(81, &published), "service web does not publish port 81/tcp: name one of 80/tcp");
        assert_eq!(
            cause(80, &[port("", Reach::Stack)]),
            "service web does not publish port 80/tcp: list the port in 'ports' of the service"
        );
        assert!(
            cause(80, &[port("", Reach::Pending)])
                .starts_with("port 80/tcp of service web has no address yet")
        );
    }
}
