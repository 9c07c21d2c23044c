//! What is ours is repaired; what is not ours stays.

use crate::support::scenario;

#[test]
fn a_deleted_child_comes_back() {
    scenario(async |s| {
        let shop = s.apply("shop", "services: {web: {image: 'web:1', ports: [{target: 80}]}}").await;
        shop.until_ready().await;
        s.delete("Deployment", &shop.object("web")).await;
    });
}
