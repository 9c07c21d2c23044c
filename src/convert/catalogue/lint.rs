//! Where porting goes wrong: advice that stops nothing.

use super::rules;

rules! { LINT:
    LATEST "SW1701" Mapped []
        "an image without a fixed version",
        "nodes pull the tag at different times, so containers of one service may run different versions",
        "name a version or a digest";
}
