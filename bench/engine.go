package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed analytics/queries.sql
var analystsQueries string

// analystQuery is one query in the two dialects.
type analystQuery struct{ name, text, clickhouse string }

var queryHeading = regexp.MustCompile(`(?m)^-- ([a-z_]+)\n`)

// queries cuts the file of queries; end is the newest event's time.
func queries(end string) []analystQuery {
	text := strings.ReplaceAll(analystsQueries, "END'", end+"'")
	var out []analystQuery
	headings := queryHeading.FindAllStringSubmatchIndex(text, -1)
	for i, at := range headings {
		until := len(text)
		if i+1 < len(headings) {
			until = headings[i+1][0]
		}
		name, body := text[at[2]:at[3]], strings.TrimSpace(text[at[1]:until])
		if name == "clickhouse" {
			out[len(out)-1].clickhouse = body
			continue
		}
		out = append(out, analystQuery{name: name, text: body, clickhouse: body})
	}
	return out
}

// answered is what an engine says of a query.
type answered struct {
	Seconds float64 `json:"seconds"`
	Rows    int     `json:"rows"`
	Sum     float64 `json:"sum"`
	Error   string  `json:"error"`
}

// engine is a process of bench/analytics/engine.py.
type engine struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// python returns an interpreter that has the two engines, of fixed versions.
func python(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	venv := filepath.Join(cache, "millrace-test", "analytics-duckdb-1.5.5-chdb-4.4.0")
	interpreter := filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(filepath.Join(venv, "complete")); err == nil {
		return interpreter, nil
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", venv},
		{interpreter, "-m", "pip", "install", "--quiet", "duckdb==1.5.5", "chdb==4.4.0"},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return interpreter, os.WriteFile(filepath.Join(venv, "complete"), nil, 0o600)
}

func startEngine(ctx context.Context, kind, dir string) (*engine, error) {
	interpreter, err := python(ctx)
	if err != nil {
		return nil, err
	}
	e := &engine{cmd: exec.CommandContext(ctx, interpreter, "bench/analytics/engine.py", kind, dir)}
	e.cmd.Stderr = os.Stderr
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.out = bufio.NewReader(out)
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := e.answer(); err != nil {
		return nil, errors.Join(err, e.stop())
	}
	return e, nil
}

func (e *engine) ask(request map[string]string) (answered, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return answered{}, err
	}
	if _, err := e.in.Write(append(line, '\n')); err != nil {
		return answered{}, err
	}
	return e.answer()
}

func (e *engine) answer() (a answered, err error) {
	line, err := e.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("%s: %w", e.cmd, err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// run asks over the engine's own tables, or over the Parquet files that they were loaded from.
func (e *engine) run(over, sql string) (answered, error) {
	return e.ask(map[string]string{"do": "run", "sql": sql, "over": over})
}

func (e *engine) stop() error {
	if err := e.in.Close(); err != nil {
		return err
	}
	return e.cmd.Wait()
}
