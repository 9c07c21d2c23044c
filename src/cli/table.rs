//! Text tables that fit into the terminal.

/// Spaces between two columns.
const GAP: usize = 3;

/// The width below which no column is cut.
const NARROWEST: usize = 12;

/// A table with a line of headings.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns a table without rows.
    pub fn new<T: AsRef<str>>(headings: impl IntoIterator<Item = T>) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.push(headings.into_iter().map(|heading| heading.as_ref().to_owned()).collect());
        table
    }

    /// Adds a row. A missing cell is empty.
    pub fn push(&mut self, cells: Vec<String>) {
        // A text of the cluster must neither break the table nor control the terminal.
        let clean = |cell: String| cell.replace(char::is_control, " ");
        self.rows.push(cells.into_iter().map(clean).collect());
    }

    /// Returns the lines. With `columns`, the widest cells are cut until each line fits.
    pub fn text(&self, columns: Option<usize>) -> String {
        let mut widths = self.widths();
        if let Some(columns) = columns {
            shrink(&mut widths, columns);
        }
        self.rows.iter().map(|row| line(row, &widths) + "\n").collect()
    }

    fn widths(&self) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell: &String| cell.chars().count()).max().unwrap_or_default()
        };
        (0..count).map(width).collect()
    }
}

/// Narrows the widest columns.
fn shrink(widths: &mut [usize], columns: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > columns {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else { return };
        if *widest <= NARROWEST {
            return;
        }
        *widest -= 1;
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, &width) in row.iter().zip(widths) {
        let cell = cut(cell, width);
        let rest = width - cell.chars().count().min(width);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', rest + GAP));
    }
    line.truncate(line.trim_end().len());
    line
}

fn cut(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    cell.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let mut table = Table::new(["NAME", "IMAGE", "STATE"]);
        for row in rows {
            table.push(row.iter().map(|cell| (*cell).to_owned()).collect());
        }
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = table(&[&["web", "nginx:1.29", "running"], &["a-long-name", "", ""]]);
        let expected = "\
NAME          IMAGE        STATE
web           nginx:1.29   running
a-long-name
";
        assert_eq!(table.text(None), expected);
    }

    #[test]
    fn the_widest_cells_are_cut_until_the_lines_fit() {
        let image = "registry.example.com/team/shop/web:1.29";
        let table = table(&[&["shop-web-0", image, "running"]]);
        let text = table.text(Some(40));
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains("shop-web-0   registry.example…   running"), "{text}");
        // No terminal is too narrow.
        assert!(table.text(Some(1)).contains("shop-web-0"));
    }

    #[test]
    fn a_cell_cannot_control_the_terminal() {
        let table = table(&[&["web", "\u{1b}[31mred\n", "running"]]);
        assert!(!table.text(None).contains('\u{1b}'));
        assert_eq!(table.text(None).lines().count(), 2);
    }
}
