//! Clipping of texts that can have any length.

/// The mark at the end of a clipped text.
const ELLIPSIS: &str = "…";

/// Returns the longest start of a text that has at most `longest` bytes and ends between two characters.
pub(crate) fn start(text: &str, longest: usize) -> &str {
    &text[..text.floor_char_boundary(longest)]
}

/// Clips a text to at most `longest` bytes, the last of which are an ellipsis.
pub(crate) fn clip(text: &mut String, longest: usize) {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest.saturating_sub(ELLIPSIS.len())));
        text.push_str(ELLIPSIS);
        text.shrink_to_fit();
    }
}

/// Returns a text, clipped as by [`clip`].
pub(crate) fn clipped(text: impl Into<String>, longest: usize) -> String {
    let mut text = text.into();
    clip(&mut text, longest);
    text
}

#[cfg(test)]
mod tests {
    use super::clipped;

    #[test]
    fn a_clipped_text_ends_between_characters_and_is_not_clipped_again() {
        for (text, longest, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "…"),
            ("abcdefgh", 7, "abcd…"),
            ("aééé", 6, "aé…"),
            ("🐳🐳", 7, "🐳…"),
        ] {
            let once = clipped(text, longest);
            assert_eq!(once, expected, "{text}");
            assert_eq!(clipped(once.as_str(), longest), once);
        }
    }
}
