//! Connections to registries: the address that is connected to is judged, not the name, which may lead elsewhere
//! each time that it is looked up.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
    vec,
};

use futures::future::BoxFuture;
use hyper::Uri;
use hyper_util::{
    client::legacy::connect::{
        HttpConnector,
        dns::{GaiResolver, Name},
    },
    rt::TokioIo,
};
use tokio::net::TcpStream;
use tower::Service;

use super::{address::Addresses, endpoint::Mirror};

/// Connects to mirrors, which an administrator named, wherever they are, and to every other host at addresses that
/// are admitted.
#[derive(Clone)]
pub(super) struct Connector {
    addresses: Arc<Addresses>,
    mirrors: Arc<[Mirror]>,
    to_mirrors: HttpConnector,
    to_others: HttpConnector<Resolver>,
}

/// Looks names up, and passes over the addresses that are not admitted.
#[derive(Clone)]
struct Resolver {
    addresses: Arc<Addresses>,
    system: GaiResolver,
}

/// No address of a host is admitted.
#[derive(Debug, thiserror::Error)]
#[error("its address is neither public nor allowed")]
struct NotAdmitted;

type Failed = Box<dyn Error + Send + Sync>;

impl Connector {
    pub fn new(addresses: Addresses, mirrors: &[Mirror]) -> Self {
        let addresses = Arc::new(addresses);
        let resolver = Resolver { addresses: Arc::clone(&addresses), system: GaiResolver::new() };
        let mut to_mirrors = HttpConnector::new();
        let mut to_others = HttpConnector::new_with_resolver(resolver);
        // The scheme is dealt with above it.
        to_mirrors.enforce_http(false);
        to_others.enforce_http(false);
        Self { addresses, mirrors: mirrors.into(), to_mirrors, to_others }
    }

    /// Whether a host is an address, for which no name is looked up, and one that is not admitted.
    fn refuses(&self, uri: &Uri) -> bool {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>().is_ok_and(|address| !self.addresses.admit(address))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Failed;
    type Future = BoxFuture<'static, Result<Self::Response, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if self.mirrors.iter().any(|mirror| mirror.is_at(&uri)) {
            let connecting = self.to_mirrors.call(uri);
            return Box::pin(async { Ok(connecting.await?) });
        }
        if self.refuses(&uri) {
            return Box::pin(async { Err(NotAdmitted.into()) });
        }
        let connecting = self.to_others.call(uri);
        Box::pin(async { Ok(connecting.await?) })
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Failed;
    type Future = BoxFuture<'static, Result<Self::Response, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = Arc::clone(&self.addresses);
        let looking = self.system.call(name);
        Box::pin(async move {
            let admitted: Vec<_> = looking.await?.filter(|found| addresses.admit(found.ip())).collect();
            if admitted.is_empty() { Err(NotAdmitted.into()) } else { Ok(admitted.into_iter()) }
        })
    }
}
