//! What is known of a service's image, and what follows from knowing nothing.

use super::{Activity, Approximation, Facts, Image, ImageConfig, ResolvedService};
use crate::api::{ImageMetadata, Service, StackSpec};

/// An image that says nothing of itself.
pub(super) static NOTHING: ImageConfig = ImageConfig {
    ports: Vec::new(),
    volumes: Vec::new(),
    user: None,
    command: Vec::new(),
    shell: Vec::new(),
    healthcheck: None,
};

/// What is known of the image that the service has now.
pub(super) fn image<'a>(
    spec: &StackSpec,
    name: &str,
    service: &Service,
    facts: &'a Facts,
) -> Option<&'a Image> {
    facts.images.get(name).filter(|known| is_heeded(spec) && known.image == service.image)
}

/// The user that the Stack asks for; none where it is a name that the image has as its USER by itself: nodes then
/// find its number.
pub(super) fn user<'a>(service: &'a Service, image: &ImageConfig) -> Option<&'a str> {
    let is_name = |user: &str| !user.starts_with(|c: char| c.is_ascii_digit());
    service.user.as_deref().filter(|user| !is_name(user) || image.user.as_deref() != Some(user))
}

/// Says that an image could not be read, and what holds in place of what it says.
pub(super) fn unread(service: &ResolvedService<'_>) -> Option<Approximation> {
    let image = service.image.filter(|_| service.activity != Activity::Inactive)?;
    let cause = image.unread.as_ref()?;
    let instead = match &image.digest {
        Some(_) => "what the image before it says of ports, volumes and health still holds",
        None => "its ports, volumes and health check are not known",
    };
    let message = format!(
        "the image could not be read when the service was made ({cause}), so {instead}: say it here ('expose', 'volumes', \
         'healthcheck'), or call the image by another tag or its digest to have it read again"
    );
    Some(Approximation { path: format!("spec.services.{}.image", service.name), message })
}

/// Whether an image counts and nobody has asked for it, as where no registry is asked at all: only the operator can
/// tell what it says.
pub(super) fn is_to_be_read(spec: &StackSpec, image: Option<&Image>) -> bool {
    is_heeded(spec) && image.is_none()
}

fn is_heeded(spec: &StackSpec) -> bool {
    spec.image_metadata.unwrap_or_default() == ImageMetadata::Read
}

/// Whether a service may have a check in its image: only the operator can tell.
pub(super) fn may_have_check(spec: &StackSpec, service: &ResolvedService<'_>) -> bool {
    is_to_be_read(spec, service.image) && !has_own_test(service)
}

/// Why the check of an image is not known, for a service that has none of its own.
pub(super) fn of_its_check(service: &ResolvedService<'_>) -> String {
    match service.image {
        _ if has_own_test(service) => String::new(),
        Some(Image { unread: Some(cause), .. }) => {
            format!(" of its own and its image could not be read ({cause})")
        }
        Some(Image { digest: Some(_), .. }) => " and neither has its image".to_owned(),
        _ => " of its own and its image is not asked for one".to_owned(),
    }
}

/// Whether the service itself says how its health is checked, or that it is not.
fn has_own_test(service: &ResolvedService<'_>) -> bool {
    service.spec.healthcheck.as_ref().is_some_and(|check| {
        check.disable == Some(true) || check.test.as_ref().is_some_and(|test| !test.is_empty())
    })
}
