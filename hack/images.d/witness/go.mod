module stackwright.dev/witness

go 1.26
