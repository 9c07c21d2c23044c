package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// redis speaks as much of the Redis protocol as the stub needs: one command on
// a connection of its own, answered by a line, an integer or a string.
type redis struct {
	addr     string
	user     string
	password string
	db       string
}

func openRedis(address string) (*redis, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "redis" || u.Host == "" {
		return nil, errors.New("REDIS_URL is not a Redis address: write redis://[:PASSWORD@]HOST:6379[/DB]")
	}
	r := &redis{addr: u.Host, user: u.User.Username(), db: strings.Trim(u.Path, "/")}
	if u.Port() == "" {
		r.addr = net.JoinHostPort(u.Hostname(), "6379")
	}
	r.password, _ = u.User.Password()
	return r, nil
}

func (r *redis) do(ctx context.Context, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, backendTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	var commands [][]string
	if r.password != "" {
		if r.user != "" {
			commands = append(commands, []string{"AUTH", r.user, r.password})
		} else {
			commands = append(commands, []string{"AUTH", r.password})
		}
	}
	if r.db != "" {
		commands = append(commands, []string{"SELECT", r.db})
	}
	reader, reply := bufio.NewReader(conn), ""
	for _, c := range append(commands, command) {
		if _, err := io.WriteString(conn, encode(c)); err != nil {
			return "", err
		}
		if reply, err = decode(reader); err != nil {
			return "", fmt.Errorf("%s: %w", c[0], err)
		}
	}
	return reply, nil
}

func (r *redis) integer(ctx context.Context, command ...string) (int64, error) {
	reply, err := r.do(ctx, command...)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(reply, 10, 64)
}

func encode(command []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	return b.String()
}

func decode(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("an empty answer")
	}
	switch body := line[1:]; line[0] {
	case '+', ':':
		return body, nil
	case '-':
		return "", errors.New(body)
	case '$':
		size, err := strconv.Atoi(body)
		if err != nil || size < 0 {
			return "", err // -1 is "no such key", which reads as empty
		}
		text := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(r, text); err != nil {
			return "", err
		}
		return string(text[:size]), nil
	}
	return "", fmt.Errorf("unknown kind of answer %q", line)
}
