//! Clipping of texts in messages. A name or a value can be megabytes long.

use std::borrow::Cow;

/// The mark at the end of a clipped text.
const ELLIPSIS: char = '…';

/// Clips a text to at most `longest` bytes before an ellipsis.
pub fn clip(text: &mut String, longest: usize) {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push(ELLIPSIS);
        text.shrink_to_fit();
    }
}

/// Returns a quotation of a text: at most `longest` characters before an ellipsis.
pub fn quoted(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}{ELLIPSIS}", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{clip, quoted};

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for (text, clipped, quotation) in
            [("aéb", "aéb", "aéb"), ("aébc", "aéb…", "aéb…"), ("ébéé", "éb…", "ébé…")]
        {
            let mut cut = text.to_owned();
            clip(&mut cut, 4);
            assert_eq!((cut.as_str(), &*quoted(text, 3)), (clipped, quotation), "{text}");
        }
    }
}
