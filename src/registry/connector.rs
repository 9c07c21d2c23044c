//! Connections to registries. The check applies to the resolved address, since a name can resolve to another address each
//! time.

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

/// A connector that connects to mirrors, which an administrator has named, at any address, and to other hosts only at
/// allowed addresses.
#[derive(Clone)]
pub(super) struct Connector {
    addresses: Arc<Addresses>,
    mirrors: Arc<[Mirror]>,
    to_mirrors: HttpConnector,
    to_others: HttpConnector<Resolver>,
}

/// A resolver that returns only allowed addresses.
#[derive(Clone)]
struct Resolver {
    addresses: Arc<Addresses>,
    system: GaiResolver,
}

/// The error of a host without an allowed address.
#[derive(Debug, thiserror::Error)]
#[error("the address is neither public nor allowed")]
struct NotAdmitted;

type Failed = Box<dyn Error + Send + Sync>;

impl Connector {
    pub fn new(addresses: Addresses, mirrors: &[Mirror]) -> Self {
        let addresses = Arc::new(addresses);
        let resolver = Resolver { addresses: Arc::clone(&addresses), system: GaiResolver::new() };
        let mut to_mirrors = HttpConnector::new();
        let mut to_others = HttpConnector::new_with_resolver(resolver);
        // The TLS connector around this one checks the scheme.
        to_mirrors.enforce_http(false);
        to_others.enforce_http(false);
        Self { addresses, mirrors: mirrors.into(), to_mirrors, to_others }
    }

    /// Reports whether a host is a literal address, which is never resolved, and is not allowed.
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
