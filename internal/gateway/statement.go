package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/reconcile"
)

// Statement is the ledger of one day of receipt, as it stood when the day was closed.
type Statement struct {
	Day      string               `json:"day" doc:"UTC"`
	Closed   time.Time            `json:"closed"`
	Total    Ledger               `json:"total"`
	Sources  []StatementSource    `json:"sources" nullable:"false"`
	Previous string               `json:"previous" doc:"Digest of the statement before; empty for the first"`
	Digest   string               `json:"digest" doc:"SHA-256 of the statement with the digest before"`
	Signed   []StatementSignature `json:"signed" nullable:"false"`
}

// StatementSource is what became of a source's events of the day.
type StatementSource struct {
	Source string `json:"source"`
	Ledger
}

// StatementSignature says that somebody stands by a statement.
type StatementSignature struct {
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Note    string    `json:"note,omitempty"`
	Changes []string  `json:"changes" nullable:"false" doc:"How the ledger of the day differed from the statement when it was signed"`
}

// StatementsAnswer is the answer of /api/v1/statements.
type StatementsAnswer struct {
	Statements []Statement `json:"statements" nullable:"false" doc:"Newest first"`
	Intact     bool        `json:"intact" doc:"Every statement is as it was made, and none is missing between two"`
	Problem    string      `json:"problem,omitempty" doc:"What is not intact"`
}

// StatementAnswer is the answer of /api/v1/statements/{day}.
type StatementAnswer struct {
	Statement
	Changes []string `json:"changes" nullable:"false" doc:"How the ledger of the day differs from the statement now: what was quarantined then may have been repaired"`
}

// SignRequest signs a statement.
type SignRequest struct {
	By   string `json:"by" minLength:"1" maxLength:"200" doc:"Who signs"`
	Note string `json:"note,omitempty" maxLength:"2000" doc:"Needed when the day does not balance"`
}

type (
	statementInput struct {
		Day string `path:"day" format:"date" doc:"Such as 2026-01-31"`
	}
	signInput struct {
		Day  string `path:"day" format:"date" doc:"Such as 2026-01-31"`
		Body SignRequest
	}
)

func (g *Gateway) registerStatements(api huma.API) {
	get(g, api, "statements", tagReconcile, "/api/v1/statements", "Daily statements of the ledger",
		"A day of receipt is closed some time after its end. Each statement names the digest of the one before.", g.statements)
	get(g, api, "statement", tagReconcile, "/api/v1/statements/{day}", "The statement of a day, and what has changed since", "", g.statement)
	const path = "/api/v1/statements/{day}/sign"
	huma.Register(api, huma.Operation{
		OperationID: "statement-sign", Method: http.MethodPost, Path: path, Tags: []string{tagReconcile},
		Summary: "Sign a day's statement off", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *signInput) (*body[StatementAnswer], error) {
		if g.cfg.Reconcile == nil {
			return nil, errNoReconcile
		}
		if _, err := g.cfg.Reconcile.Statements().Sign(ctx, in.Day, in.Body.By, in.Body.Note); err != nil {
			return nil, g.problem(ctx, path, reconcileProblem(err))
		}
		err := g.record(ctx, audit.Entry{By: in.Body.By, Reason: in.Body.Note, Kind: audit.Statement, Name: in.Day, Action: "sign", Request: "POST " + path})
		if err != nil {
			return nil, g.problem(ctx, path, err)
		}
		out, err := g.statement(ctx, &statementInput{in.Day})
		if err != nil {
			return nil, g.problem(ctx, path, err)
		}
		return &body[StatementAnswer]{out}, nil
	})
}

func (g *Gateway) statements(ctx context.Context, _ *noInput) (*StatementsAnswer, error) {
	if g.cfg.Reconcile == nil {
		return nil, errNoReconcile
	}
	all, err := g.cfg.Reconcile.Statements().List(ctx)
	if err != nil {
		return nil, reconcileProblem(err)
	}
	answer := &StatementsAnswer{Statements: make([]Statement, len(all)), Intact: true}
	for i := range all {
		answer.Statements[len(all)-1-i] = statementOf(&all[i])
	}
	if _, err := g.cfg.Reconcile.Statements().Verify(ctx); err != nil {
		answer.Intact, answer.Problem = false, err.Error()
	}
	return answer, nil
}

func (g *Gateway) statement(ctx context.Context, in *statementInput) (*StatementAnswer, error) {
	if g.cfg.Reconcile == nil {
		return nil, errNoReconcile
	}
	s, changes, err := g.cfg.Reconcile.Statements().Get(ctx, in.Day)
	if err != nil {
		return nil, reconcileProblem(err)
	}
	return &StatementAnswer{Statement: statementOf(s), Changes: list(changes)}, nil
}

func statementOf(s *reconcile.Statement) Statement {
	out := Statement{
		Day: s.Day, Closed: s.Closed, Total: LedgerOf(s.Total), Previous: s.Previous, Digest: s.Digest,
		Sources: []StatementSource{}, Signed: []StatementSignature{},
	}
	for _, one := range s.Sources {
		out.Sources = append(out.Sources, StatementSource{one.Source, LedgerOf(one.Counts)})
	}
	for _, one := range s.Signed {
		out.Signed = append(out.Signed, StatementSignature{one.By, one.At, one.Note, list(one.Changes)})
	}
	return out
}
