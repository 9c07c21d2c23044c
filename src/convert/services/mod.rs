//! A service, area by area.

mod volumes;

use super::context::Context;
use super::reader::Section;
use crate::api::Service;

/// Converts a service.
pub fn service(context: &mut Context<'_>, name: &str, mut section: Section<'_>) -> Service {
    let mut service = Service { image: section.text("image").unwrap_or_default(), ..Service::default() };
    volumes::volumes(context, name, &mut section, &mut service);
    section.rest();
    service
}
