//! HTTP client for registries. A Stack can name any registry, so the size of answers is limited.

use std::error::Error;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use super::{
    connector::Connector,
    failure::{Failure, Why},
    limits::LONGEST_ANSWER,
};
use crate::text::clip::clipped;

/// A client for registries. It keeps connections, and no logins.
pub(super) struct Transport {
    plain: Client<Connector, Empty<Bytes>>,
    /// The HTTPS client, or none without root certificates.
    tls: Option<Client<HttpsConnector<Connector>, Empty<Bytes>>>,
}

/// An answer of a registry.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Transport {
    pub fn new(connector: Connector) -> Self {
        let builder = || Client::builder(TokioExecutor::new());
        let tls = HttpsConnectorBuilder::new().with_native_roots();
        let tls = tls.inspect_err(
            |error| tracing::warn!(%error, "cannot load root certificates, so no image is read over HTTPS"),
        );
        let tls = tls.ok().map(|tls| {
            let tls = tls.https_only().enable_http1().wrap_connector(connector.clone());
            builder().build(tls)
        });
        Self { plain: builder().build(connector), tls }
    }

    /// Sends one request.
    ///
    /// # Errors
    /// When there is no answer, or the answer is too long.
    pub async fn send(
        &self,
        method: &Method,
        uri: &Uri,
        accept: &'static str,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers
            .insert(USER_AGENT, HeaderValue::from_static(concat!("stackwright/", env!("CARGO_PKG_VERSION"))));
        headers.extend(authorization.map(|value| (AUTHORIZATION, value.clone())));
        let answer = match (uri.scheme_str(), &self.tls) {
            (Some("http"), _) => self.plain.request(request).await,
            (_, Some(tls)) => tls.request(request).await,
            (_, None) => return Err(Failure::NoRoots(host)),
        };
        let unreachable = |why: Why| Failure::Unreachable { host: host.clone(), why };
        let answer = answer.map_err(|error| match error.is_connect() {
            true => unreachable(Why::NotConnected(cause(&error))),
            false => unreachable(Why::BrokenOff),
        })?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => Failure::TooLong(host.clone()),
            false => unreachable(Why::BrokenOff),
        })?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }
}

/// Bytes of the cause of a failed connection.
const LONGEST_CAUSE: usize = 200;

/// Returns the system's error of a failed connection.
fn cause(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    clipped(last.to_string(), LONGEST_CAUSE)
}
