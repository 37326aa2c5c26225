package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/store/lake"
)

const lakePath = "/api/v1/lake"

func (s *shell) lake() *cobra.Command {
	c := &cobra.Command{
		Use:   "lake",
		Short: "The lake: Iceberg tables that other engines read",
		Long:  "The lake: Iceberg tables that other engines read, and that old rows rest in. docs/lake.md is the guide.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the lake? Give list, show, snapshots, sql, flush, compact, expire, tier, change, tag or delete")
		},
	}
	c.AddCommand(
		s.lakeList(), s.lakeShow(), s.lakeSnapshots(), s.lakeSQL(),
		s.lakeAct("flush", "Write what waits to the lake"), s.lakeAct("tier", "Let go of old rows in the analytics store that the lake has"),
		s.lakeAct("compact", "Write small files again as large ones"), s.lakeAct("expire", "Forget replaced snapshots, and remove files that nobody needs"),
		s.lakeChange(), s.lakeTag(), s.lakeDelete(),
	)
	return c
}

func (s *shell) lakeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tables of the lake", Example: "  millrace lake list", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.LakeAnswer
			if done, err := s.get(c.Context(), lakePath, nil, &answer); done || err != nil {
				return err
			}
			t := &table{head: []string{"table", "rows", "files", "bytes", "partition", "snapshot"}, right: []bool{false, true, true, true, false, false}}
			for _, l := range answer.Tables {
				t.add(l.Name, count(l.Rows), count(int64(l.Files)), count(l.Bytes), l.Partition, l.Snapshot)
			}
			if err := t.write(s.Stdout, s.style); err != nil {
				return err
			}
			if answer.Below != nil {
				if _, err := fmt.Fprintf(s.Stdout, "Events and items of before %s are read from the lake.\n", answer.Below.UTC().Format(time.DateTime)); err != nil {
					return err
				}
			}
			if answer.Failed != "" {
				_, err := fmt.Fprintf(s.Stdout, "The last round failed, and is tried again: %s\n", answer.Failed)
				return err
			}
			return nil
		},
	}
}

// lakeVersion are the flags that name a version.
type lakeVersion struct{ snapshot, ref, at string }

func (v *lakeVersion) flags(c *cobra.Command) {
	c.Flags().StringVar(&v.snapshot, "snapshot", "", "as of this snapshot")
	c.Flags().StringVar(&v.ref, "ref", "", "as of this branch or tag")
	c.Flags().StringVar(&v.at, "at", "", "as of this time, like 2026-01-31T08:26:00Z")
}

// values are those that were given, by name.
func (v *lakeVersion) values() (map[string]string, error) {
	out := make(map[string]string)
	for name, value := range map[string]string{"snapshot": v.snapshot, "ref": v.ref} {
		if value != "" {
			out[name] = value
		}
	}
	if v.at != "" {
		at, err := parseTime(v.at)
		if err != nil {
			return nil, usage("--at is %q; give a date like 2026-01-31 or a time like 2026-01-31T08:26:00Z", v.at)
		}
		out["at"] = at.UTC().Format(time.RFC3339Nano)
	}
	return out, nil
}

func (s *shell) lakeTable(ctx context.Context, name string, v lakeVersion, answer *gateway.LakeTableAnswer) (bool, error) {
	values, err := v.values()
	if err != nil {
		return false, err
	}
	q := url.Values{}
	for name, value := range values {
		q.Set(name, value)
	}
	return s.get(ctx, lakePath+"/tables/"+url.PathEscape(name), q, answer)
}

func (s *shell) lakeShow() *cobra.Command {
	var v lakeVersion
	c := &cobra.Command{
		Use: "show TABLE", Short: "Show the columns and files of a table, as it is or was", Args: cobra.ExactArgs(1),
		Example: "  millrace lake show events\n  millrace lake show events --ref closing-2026-01",
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.LakeTableAnswer
			if done, err := s.lakeTable(c.Context(), args[0], v, &answer); done || err != nil {
				return err
			}
			t := &table{head: []string{"id", "column", "type", "what it is"}, right: []bool{true, false, false, false}}
			for _, column := range answer.Columns {
				t.add(strconv.Itoa(column.ID), column.Name, string(column.Type), oneLine(column.Comment))
			}
			if err := t.write(s.Stdout, s.style); err != nil {
				return err
			}
			t = &table{head: []string{"partition", "rows", "bytes", "file"}, right: []bool{false, true, true, false}}
			for _, f := range answer.List {
				from := ""
				if f.From != nil {
					from = f.From.UTC().Format(time.DateOnly)
				}
				t.add(from, count(f.Rows), count(f.Bytes), f.Path)
			}
			if err := t.write(s.Stdout, s.style); err != nil {
				return err
			}
			_, err := fmt.Fprintf(s.Stdout, "%s rows in %s files. Other engines open %s\n", count(answer.Rows), count(int64(answer.Files)), answer.Metadata)
			return err
		},
	}
	v.flags(c)
	return c
}

func (s *shell) lakeSnapshots() *cobra.Command {
	return &cobra.Command{
		Use: "snapshots TABLE", Short: "List the snapshots, branches and tags of a table", Args: cobra.ExactArgs(1), Example: "  millrace lake snapshots order_lines",
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.LakeTableAnswer
			if done, err := s.lakeTable(c.Context(), args[0], lakeVersion{}, &answer); done || err != nil {
				return err
			}
			names := make(map[string][]string)
			for _, r := range answer.Refs {
				names[r.Snapshot] = append(names[r.Snapshot], r.Name)
			}
			t := &table{head: []string{"snapshot", "at", "operation", "because", "branches and tags"}, right: make([]bool, 5)}
			for _, one := range answer.Snapshots {
				t.add(one.ID, one.At.UTC().Format(time.DateTime), one.Operation, one.Summary["millrace.reason"], strings.Join(names[one.ID], ", "))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) lakeSQL() *cobra.Command {
	var v lakeVersion
	c := &cobra.Command{
		Use: "sql QUERY", Short: "Ask the tables of the lake as they were", Args: cobra.ExactArgs(1),
		Example: "  millrace lake sql \"SELECT sum(amount) FROM order_lines\" --at 2026-01-31",
		RunE: func(c *cobra.Command, args []string) error {
			values, err := v.values()
			if err != nil {
				return err
			}
			values["query"] = args[0]
			var answer gateway.LakeRows
			if done, err := s.lakePost(c.Context(), "/sql", values, &answer); done || err != nil {
				return err
			}
			t := &table{}
			for _, column := range answer.Columns {
				t.head, t.right = append(t.head, column.Name), append(t.right, false)
			}
			for _, row := range answer.Rows {
				cells := make([]string, len(row))
				for i, value := range row {
					cells[i] = oneLine(fmt.Sprint(value))
				}
				t.add(cells...)
			}
			return t.write(s.Stdout, s.style)
		},
	}
	v.flags(c)
	return c
}

func (s *shell) lakePost(ctx context.Context, path string, body, answer any) (bool, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return false, err
	}
	got, err := s.call(ctx, http.MethodPost, lakePath+path, nil, http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}, bytes.NewReader(text))
	if err != nil {
		return false, err
	}
	return s.take(got, answer)
}

// acting are the flags that say who does something, and why.
type acting struct{ by, reason string }

func (a *acting) flags(c *cobra.Command) {
	c.Flags().StringVar(&a.by, "by", "cli", "who does it")
	c.Flags().StringVar(&a.reason, "reason", "", "why, for the audit trail")
}

func (s *shell) lakeAct(action, short string) *cobra.Command {
	var a acting
	c := &cobra.Command{
		Use: action + " [TABLE]", Short: short, Args: cobra.MaximumNArgs(1), Example: "  millrace lake " + action,
		RunE: func(c *cobra.Command, args []string) error {
			request := gateway.LakeActRequest{Action: action, By: a.by, Reason: a.reason}
			if len(args) > 0 {
				request.Table = args[0]
			}
			var done gateway.LakeDone
			if printed, err := s.lakePost(c.Context(), "/acts", request, &done); printed || err != nil {
				return err
			}
			return s.printLakeDone(&done)
		},
	}
	a.flags(c)
	return c
}

func (s *shell) printLakeDone(done *gateway.LakeDone) error {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{
		{int64(done.Events), "events"}, {done.Rows, "rows"}, {int64(done.Snapshots), "snapshots expired"},
		{int64(done.Removed), "files removed"}, {int64(done.Added), "files added"},
	} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.what)
		}
	}
	if len(parts) == 0 {
		parts = []string{"There was nothing to do"}
	}
	_, err := fmt.Fprintln(s.Stdout, strings.Join(parts, ", ")+".")
	return err
}

func (s *shell) lakeChange() *cobra.Command {
	var a acting
	var add, rename, widen, drop []string
	c := &cobra.Command{
		Use: "change TABLE", Short: "Add, rename, widen or drop columns of a table", Args: cobra.ExactArgs(1),
		Example: "  millrace lake change events --add note=string --rename order_id=invoice --widen line=long --drop os",
		RunE: func(c *cobra.Command, args []string) error {
			request := gateway.LakeEvolution{By: a.by, Reason: a.reason}
			for _, f := range []struct {
				values []string
				change func(name, value string) gateway.LakeColumnChange
			}{
				{add, func(name, value string) gateway.LakeColumnChange {
					return gateway.LakeColumnChange{Add: &gateway.LakeColumn{Name: name, Type: lake.Type(value)}}
				}},
				{rename, func(name, value string) gateway.LakeColumnChange {
					return gateway.LakeColumnChange{Rename: name, To: value}
				}},
				{widen, func(name, value string) gateway.LakeColumnChange {
					return gateway.LakeColumnChange{Widen: name, Type: lake.Type(value)}
				}},
				{drop, func(name, _ string) gateway.LakeColumnChange { return gateway.LakeColumnChange{Drop: name} }},
			} {
				for _, pair := range f.values {
					name, value, _ := strings.Cut(pair, "=")
					request.Columns = append(request.Columns, f.change(name, value))
				}
			}
			return s.lakeEvolve(c.Context(), args[0], &request)
		},
	}
	c.Flags().StringArrayVar(&add, "add", nil, "column to add, as name=type")
	c.Flags().StringArrayVar(&rename, "rename", nil, "column to rename, as old=new")
	c.Flags().StringArrayVar(&widen, "widen", nil, "column to widen, as name=type")
	c.Flags().StringArrayVar(&drop, "drop", nil, "column to drop")
	a.flags(c)
	return c
}

func (s *shell) lakeEvolve(ctx context.Context, name string, request *gateway.LakeEvolution) error {
	var answer gateway.LakeTable
	if done, err := s.lakePost(ctx, "/tables/"+url.PathEscape(name)+"/changes", request, &answer); done || err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "%s is changed; other engines open %s\n", answer.Name, answer.Metadata)
	return err
}

func (s *shell) lakeTag() *cobra.Command {
	var a acting
	var r gateway.LakeRefChange
	c := &cobra.Command{
		Use: "tag TABLE NAME", Short: "Name a snapshot of a table, so that it does not expire", Args: cobra.ExactArgs(2),
		Example: "  millrace lake tag order_lines closing-2026-01\n  millrace lake tag order_lines closing-2026-01 --remove",
		RunE: func(c *cobra.Command, args []string) error {
			r.Name = args[1]
			return s.lakeEvolve(c.Context(), args[0], &gateway.LakeEvolution{Refs: []gateway.LakeRefChange{r}, By: a.by, Reason: a.reason})
		},
	}
	c.Flags().StringVar(&r.Snapshot, "snapshot", "", "snapshot to name; default the newest")
	c.Flags().BoolVar(&r.Branch, "branch", false, "make a branch, which other engines can write to")
	c.Flags().BoolVar(&r.Remove, "remove", false, "remove the name")
	a.flags(c)
	return c
}

func (s *shell) lakeDelete() *cobra.Command {
	var a acting
	var request gateway.LakeErasure
	c := &cobra.Command{
		Use: "delete COLUMN=VALUE", Short: "Remove the rows of the events of a person from lake and tables", Args: cobra.ExactArgs(1),
		Long: `Remove the rows of the events of a person, from the lake and from the tables of the analytics store.
Replaced snapshots have the rows until they expire; the log has the events as long as it keeps them.`,
		Example: "  millrace lake delete customer_id=17850 --reason \"request 812\"",
		RunE: func(c *cobra.Command, args []string) error {
			var ok bool
			if request.Column, request.Value, ok = strings.Cut(args[0], "="); !ok {
				return usage("whose rows? Give COLUMN=VALUE, such as customer_id=17850")
			}
			if a.reason == "" {
				return usage("why? Give --reason: it stays in the audit trail")
			}
			request.By, request.Reason = a.by, a.reason
			var done gateway.LakeDone
			if printed, err := s.lakePost(c.Context(), "/erasures", request, &done); printed || err != nil {
				return err
			}
			return s.printLakeDone(&done)
		},
	}
	a.flags(c)
	return c
}
