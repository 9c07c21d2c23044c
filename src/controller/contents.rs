//! Digests of the Secret and ConfigMap values that Stacks read. Only the keys that a Stack names are kept, since an object
//! can have 70,000 keys. No value is kept.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Client, Resource, api::GetParams, core::Request};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::{
    api::StackKey,
    permits::Permits,
    translate::{ObjectKind, content_digest},
};

/// The number of objects that are read at the same time. An object can have 1.5 MiB, and takes several times as much
/// memory as JSON.
const AT_ONCE: usize = 4;

/// An object that a Stack names.
type Named = (ObjectKind, String);

/// The digests that Stacks read.
pub(super) struct Contents {
    client: Client,
    permits: Permits,
    of: Mutex<HashMap<StackKey, BTreeMap<Named, Arc<Held>>>>,
}

/// The digests of an object at a resourceVersion.
struct Held {
    version: u64,
    keys: Keys,
}

/// The digest of each key's value, or `None` if the object lacks the key.
type Keys = BTreeMap<String, Option<String>>;

/// An object with the keys that a Stack reads.
pub(super) struct Wanted<'a> {
    pub kind: ObjectKind,
    pub name: &'a str,
    pub version: u64,
    pub keys: &'a BTreeSet<String>,
}

impl Contents {
    pub(super) fn new(client: Client) -> Self {
        Self { client, permits: Permits::new(AT_ONCE), of: Mutex::default() }
    }

    /// Returns the digests that a Stack reads, for each object that exists. An object is read once per resourceVersion.
    /// Objects that the Stack no longer reads are forgotten.
    ///
    /// # Errors
    /// When the API server cannot be reached.
    pub(super) async fn digests(
        &self,
        stack: &StackKey,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<Named, BTreeMap<String, String>>, kube::Error> {
        let mut before = self.all().get(stack).cloned().unwrap_or_default();
        let mut held = BTreeMap::new();
        for one in wanted {
            let named = (one.kind, one.name.to_owned());
            let known =
                before.remove(&named).filter(|it| it.version == one.version && it.keys.keys().eq(one.keys));
            let known = match known {
                Some(known) => known,
                None => match self.read(&stack.namespace, one).await? {
                    Some(keys) => Arc::new(Held { version: one.version, keys }),
                    None => continue,
                },
            };
            held.insert(named, known);
        }
        let of_there = |keys: &Keys| {
            keys.iter().filter_map(|(key, digest)| Some((key.clone(), digest.clone()?))).collect()
        };
        let digests = held.iter().map(|(named, held)| (named.clone(), of_there(&held.keys))).collect();
        if held.is_empty() {
            self.forget(stack);
        } else {
            self.all().insert(stack.clone(), held);
        }
        Ok(digests)
    }

    /// Forgets a Stack that is gone.
    pub(super) fn forget(&self, stack: &StackKey) {
        self.all().remove(stack);
    }

    /// Forgets all Stacks but those that `is_known` accepts.
    pub(super) fn keep(&self, is_known: impl Fn(&StackKey) -> bool) {
        self.all().retain(|stack, _| is_known(stack));
    }

    async fn read(&self, namespace: &str, wanted: &Wanted<'_>) -> Result<Option<Keys>, kube::Error> {
        let _permit = self.permits.take(namespace).await;
        let path = match wanted.kind {
            ObjectKind::Secret => Secret::url_path(&(), Some(namespace)),
            _ => ConfigMap::url_path(&(), Some(namespace)),
        };
        let request =
            Request::new(path).get(wanted.name, &GetParams::default()).map_err(kube::Error::BuildRequest)?;
        // As text, since the client would log a typed object that it cannot parse, with its values.
        match self.client.request_text(request).await {
            Ok(text) => keys(wanted.kind, wanted.keys, &text).map(Some).map_err(kube::Error::SerdeError),
            Err(kube::Error::Api(refusal)) if refusal.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<StackKey, BTreeMap<Named, Arc<Held>>>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parses the requested keys from the JSON of an object.
fn keys(kind: ObjectKind, wanted: &BTreeSet<String>, json: &str) -> Result<Keys, serde_json::Error> {
    let none = wanted.iter().map(|key| (key.clone(), None)).collect();
    let mut object = Object { is_secret: kind == ObjectKind::Secret, keys: none };
    object.deserialize(&mut serde_json::Deserializer::from_str(json))?;
    Ok(object.keys)
}

/// The object as a whole.
struct Object {
    is_secret: bool,
    keys: Keys,
}

impl<'de> DeserializeSeed<'de> for &mut Object {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Object {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a Secret or ConfigMap")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<String>()? {
            let is_encoded = match field.as_str() {
                "data" => self.is_secret,
                "binaryData" => true,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            map.next_value_seed(Values { is_encoded, keys: &mut self.keys })?;
        }
        Ok(())
    }
}

/// The values of an object by their keys.
struct Values<'k> {
    /// Whether they are bytes in Base64.
    is_encoded: bool,
    keys: &'k mut Keys,
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("values by their keys")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        // The default error of serde would quote the value.
        Err(E::custom("a string instead of a map"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let Some(digest) = self.keys.get_mut(&key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: Option<String> = map.next_value()?;
            let value = value.unwrap_or_default();
            *digest = Some(if self.is_encoded {
                // The decoder's error quotes a byte of the value.
                let bytes = STANDARD.decode(value).map_err(|_| A::Error::custom("a value is not Base64"))?;
                content_digest(&bytes)
            } else {
                content_digest(value.as_bytes())
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn a_secret_is_read_as_its_bytes_and_a_config_map_as_its_text_or_bytes() {
        let secret = r#"{"kind":"Secret","data":{"password":"aHVudGVyMg==","other":"eA==","empty":null},"type":"Opaque"}"#;
        let read = keys(ObjectKind::Secret, &wanted(&["password", "empty", "gone"]), secret).unwrap();
        let expected: Keys = [
            ("password".to_owned(), Some(content_digest(b"hunter2"))),
            ("empty".to_owned(), Some(content_digest(b""))),
            ("gone".to_owned(), None),
        ]
        .into();
        assert_eq!(read, expected);
        let map = r#"{"data":{"a":"aHVudGVyMg=="},"binaryData":{"b":"aHVudGVyMg=="},"metadata":{"managedFields":[{}]}}"#;
        let read = keys(ObjectKind::ConfigMap, &wanted(&["a", "b"]), map).unwrap();
        assert_eq!(read["a"], Some(content_digest(b"aHVudGVyMg==")));
        assert_eq!(read["b"], Some(content_digest(b"hunter2")));
        let nothing = keys(ObjectKind::ConfigMap, &wanted(&["a"]), r#"{"data":null}"#).unwrap();
        assert_eq!(nothing["a"], None);
    }

    #[test]
    fn errors_about_a_secret_do_not_quote_its_values() {
        for json in [r#"{"data":{"k":"hunter2!"}}"#, r#"{"data":{"k":"hunter2"#, r#"{"data":"hunter2"}"#] {
            let error = keys(ObjectKind::Secret, &wanted(&["k"]), json).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_the_keys_that_a_stack_reads_are_kept() {
        let all: serde_json::Map<_, _> = (0..70_000).map(|key| (format!("k{key}"), "".into())).collect();
        let json = serde_json::json!({ "data": all }).to_string();
        let read = keys(ObjectKind::ConfigMap, &wanted(&["k7", "missing"]), &json).unwrap();
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            [("k7".to_owned(), Some(content_digest(b""))), ("missing".to_owned(), None),]
        );
    }
}
