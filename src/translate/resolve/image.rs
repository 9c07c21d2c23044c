//! Image metadata of services.

use crate::{
    api::{ImageMetadata, Service, StackSpec},
    translate::{Facts, Image, ImageConfig, findings::FieldPath},
};

/// Empty image metadata.
pub(super) static NOTHING: ImageConfig = ImageConfig {
    ports: Vec::new(),
    volumes: Vec::new(),
    user: None,
    command: Vec::new(),
    shell: Vec::new(),
    healthcheck: None,
};

/// Returns the metadata of the current image of a service.
pub(super) fn image<'a>(
    spec: &StackSpec,
    name: &str,
    service: &Service,
    facts: &'a Facts,
) -> Option<&'a Image> {
    facts.images.get(name).filter(|known| is_heeded(spec) && known.image == service.image)
}

/// Returns the user that the Stack sets. `None` if it is the same name as USER of the image, whose number the container
/// runtime looks up.
pub(super) fn user<'a>(service: &'a Service, image: &ImageConfig) -> Option<&'a str> {
    let is_name = |user: &str| !user.starts_with(|c: char| c.is_ascii_digit());
    service.user.as_deref().filter(|user| !is_name(user) || image.user.as_deref() != Some(user))
}

/// Reports an image whose metadata could not be read, and what applies instead.
pub(super) fn report_unread(image: Option<&Image>, at: &FieldPath<'_>) {
    let Some((image, cause)) = image.and_then(|image| Some((image, image.unread.as_ref()?))) else { return };
    let instead = match &image.digest {
        Some(_) => "the ports, volumes and health check of the previous image still apply",
        None => "the ports, volumes and health check of the image are unknown",
    };
    at.child("image").approximate(format!(
        "the metadata of the image could not be read when the service was created ({cause}), so {instead}: set \
         'expose', 'volumes' and 'healthcheck', or change the tag or digest of the image to read it again"
    ));
}

/// Reports whether the metadata of an image is used but unknown, as in `render`, which contacts no registry.
pub(super) fn is_to_be_read(spec: &StackSpec, image: Option<&Image>) -> bool {
    is_heeded(spec) && image.is_none()
}

fn is_heeded(spec: &StackSpec) -> bool {
    spec.image_metadata.unwrap_or_default() == ImageMetadata::Read
}

/// Reports whether the image of a service can have a health check that only the operator can read.
pub(super) fn may_have_check(spec: &StackSpec, service: &Service, image: Option<&Image>) -> bool {
    is_to_be_read(spec, image) && !has_own_test(service)
}

/// Returns why no health check of the image is known, as a part of a message.
pub(super) fn of_its_check(service: &Service, image: Option<&Image>) -> String {
    match image {
        _ if has_own_test(service) => String::new(),
        Some(Image { unread: Some(cause), .. }) => {
            format!(", and the metadata of its image could not be read ({cause})")
        }
        Some(Image { digest: Some(_), .. }) => ", and its image has none".to_owned(),
        _ => ", and the metadata of its image is not read".to_owned(),
    }
}

/// Reports whether the service sets or disables the health check.
fn has_own_test(service: &Service) -> bool {
    service.healthcheck.as_ref().is_some_and(|check| {
        check.disable == Some(true) || check.test.as_ref().is_some_and(|test| !test.is_empty())
    })
}
