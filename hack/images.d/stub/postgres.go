package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"sync"

	"github.com/lib/pq"
)

type postgres struct {
	*sql.DB

	mu    sync.Mutex
	ready bool // the stub's tables are there
}

// An item is what POST /items writes.
type item struct {
	ID     int64  `json:"id"`
	Text   string `json:"text"`
	Cached bool   `json:"cached"`
}

func (i item) key() string { return fmt.Sprintf("stub:item:%d", i.ID) }

// tables are the stub's own; it touches no others.
const tables = `
create table if not exists stub_visits (service text primary key, count bigint not null);
create table if not exists stub_items (id bigint generated always as identity primary key, text text not null)`

// openPostgres finds the database where the real programs look for it:
// DATABASE_URL (api) or n8n's DB_POSTGRESDB_*. No connection is made yet, so a
// stub starts before its database, and its health says what is missing.
func openPostgres(env func(string) string) (*postgres, error) {
	var dsn *url.URL
	switch {
	case env("DATABASE_URL") != "":
		u, err := url.Parse(env("DATABASE_URL"))
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("DATABASE_URL is not a URL: write postgresql://USER:PASSWORD@HOST:5432/DATABASE")
		}
		dsn = u
	case env("DB_POSTGRESDB_HOST") != "":
		dsn = &url.URL{
			Scheme: "postgres",
			User:   url.UserPassword(env("DB_POSTGRESDB_USER"), env("DB_POSTGRESDB_PASSWORD")),
			Host:   env("DB_POSTGRESDB_HOST") + ":" + env("DB_POSTGRESDB_PORT"),
			Path:   "/" + env("DB_POSTGRESDB_DATABASE"),
		}
	default:
		return nil, nil
	}
	settings := dsn.Query()
	// libpq and the Node.js client fall back to plain text; lib/pq insists on
	// TLS unless told otherwise.
	if !settings.Has("sslmode") {
		settings.Set("sslmode", "disable")
	}
	dsn.RawQuery = settings.Encode()
	connector, err := pq.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("the database's address: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(4)
	return &postgres{DB: db}, nil
}

func (p *postgres) ping(ctx context.Context) error { return p.PingContext(ctx) }

// prepare makes the stub's tables on first use; after a failure it tries again.
func (p *postgres) prepare(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready {
		return nil
	}
	_, err := p.ExecContext(ctx, tables)
	p.ready = err == nil
	return err
}

func (p *postgres) visit(ctx context.Context, service string) (count int64, err error) {
	if err = p.prepare(ctx); err != nil {
		return 0, err
	}
	err = p.QueryRowContext(ctx, `insert into stub_visits values ($1, 1)
		on conflict (service) do update set count = stub_visits.count + 1 returning count`, service).Scan(&count)
	return count, err
}

func (p *postgres) addItem(ctx context.Context, text string) (it item, err error) {
	if err = p.prepare(ctx); err != nil {
		return it, err
	}
	err = p.QueryRowContext(ctx, `insert into stub_items (text) values ($1) returning id, text`, text).Scan(&it.ID, &it.Text)
	return it, err
}

// items are the latest hundred, oldest first.
func (p *postgres) items(ctx context.Context) ([]item, error) {
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := p.QueryContext(ctx, `select id, text from (select * from stub_items order by id desc limit 100) as latest order by id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []item{}
	for rows.Next() {
		var it item
		if err := rows.Scan(&it.ID, &it.Text); err != nil {
			return nil, err
		}
		all = append(all, it)
	}
	return all, rows.Err()
}
