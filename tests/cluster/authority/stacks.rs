//! Random Stacks with every kind of child, and the objects that they read.

use serde_json::{Value, json};

use super::rights::Author;
use crate::support::Scenario;

pub const SECRETS: [&str; 4] = ["secret-0", "secret-1", "secret-2", "secret-3"];
pub const MAPS: [&str; 2] = ["map-0", "map-1"];
pub const CLAIMS: [&str; 2] = ["claim-0", "claim-1"];

/// Random numbers from a seed (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, number: u64) -> Self {
        let mut random =
            Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `end - 1`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Creates the objects that Stacks read.
pub async fn prepare(s: &Scenario<'_>) {
    for name in SECRETS {
        s.create(&format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}, stringData: {{key: value}}}}"
        ))
        .await;
    }
    for name in MAPS {
        s.create(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{key: value}}}}"
        ))
        .await;
    }
    for name in CLAIMS {
        s.create(&format!(
            "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name}}},
              spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}}}"
        ))
        .await;
    }
}

/// Returns the first and the changed spec of an author's Stack. All names of services start with the author's.
pub fn spec(author: &Author, seed: u64, step: u64) -> Value {
    let mut random = Random::new(seed ^ 0x5EED, author.number * 2 + step);
    let mut services = serde_json::Map::new();
    let count = 1 + random.below(2);
    let (mut volumes, mut configs, mut secrets) = (json!({}), json!({}), json!({}));
    for index in 0..count {
        let mut service = json!({"image": format!("app:{step}"), "restart": random.one(&["always", "always", "always", "no"])});
        if random.below(8) == 0 {
            service["deploy"] = json!({"mode": "global"});
            service["restart"] = json!("always");
        }
        if random.below(2) == 0 {
            service["expose"] = json!([{"port": 80}]);
        }
        match random.below(6) {
            0 => {
                volumes["v"] = json!({});
                service["volumes"] = json!([{"source": "v", "target": "/v"}]);
            }
            1 => {
                volumes["theirs"] = json!({"claimName": random.one(&CLAIMS)});
                service["volumes"] = json!([{"source": "theirs", "target": "/v", "readOnly": true}]);
            }
            _ => {}
        }
        match random.below(6) {
            0 => {
                configs["own"] = json!({"content": format!("text {step}")});
                service["configs"] = json!([{"source": "own"}]);
            }
            1 => {
                configs["theirs"] = json!({"configMap": {"name": random.one(&MAPS), "key": "key"}});
                service["configs"] = json!([{"source": "theirs"}]);
            }
            2 => {
                secrets["theirs"] = json!({"secret": {"name": random.one(&SECRETS), "key": "key"}});
                service["secrets"] = json!([{"source": "theirs"}]);
            }
            _ => {}
        }
        match random.below(5) {
            0 => {
                let key = json!({"name": random.one(&SECRETS), "key": "key"});
                service["environmentFrom"] = json!({"KEY": {"secretKeyRef": key}});
            }
            1 => {
                let key = json!({"name": random.one(&MAPS), "key": "key"});
                service["environmentFrom"] = json!({"KEY": {"configMapKeyRef": key}});
            }
            _ => {}
        }
        match random.below(6) {
            0 => {
                let tls = random.below(2) == 0;
                let mut route = json!({"host": format!("{}{index}.example.com", author.name), "port": 80});
                if tls {
                    route["tlsSecretName"] = json!(random.one(&SECRETS));
                }
                service["ingress"] = json!([route]);
            }
            1 => {
                let name = format!("{}db{index}", author.name);
                service["externalLinks"] = json!({name: "db.example.com"});
            }
            _ => {}
        }
        if index > 0 && random.below(2) == 0 {
            service["dependsOn"] = json!({format!("{}a", author.name): {}});
        }
        services.insert(format!("{}{}", author.name, ["a", "b"][index as usize]), service);
    }
    let mut spec = json!({"services": services});
    // An apply that empties a map leaves null.
    for (field, map) in [("volumes", volumes), ("configs", configs), ("secrets", secrets)] {
        if map.as_object().is_some_and(|map| !map.is_empty()) {
            spec[field] = map;
        }
    }
    if random.below(4) == 0 {
        spec["imagePullSecrets"] = json!([random.one(&SECRETS)]);
    }
    if random.below(2) == 0 {
        spec["anonymousVolumes"] = json!("EmptyDir");
    }
    spec
}
