package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/access"
	"dials/queries"
)

const tokenManual = `Tokens let programs read: BI tools, scripts. Each has a purpose, which is logged
with every extract, and an end. Its secret is printed once and kept nowhere; send it
as "Authorization: Bearer TOKEN".

  dials token create --scope extracts:read --unit SALES --purpose "monthly board pack" --expires 90d

Scopes: extracts:read (rows for BI), api:read (the JSON of the pages), sql:read
(queries through Flight SQL), metrics:read (the server's own health). A token acts in the role analyst unless --role says
executive, learning, finance or hr.`

func newToken(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Tokens that let programs read", Long: tokenManual, Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenCreate(o), newTokenList(o), newTokenRevoke(o))
	return cmd
}

// A tokenRequest describes a token to be made.
type tokenRequest struct {
	ID      string   `json:"id,omitempty"`
	Scopes  []string `json:"scopes,omitempty"`
	Role    string   `json:"role,omitempty"`
	Units   []string `json:"units,omitempty"`
	Purpose string   `json:"purpose,omitempty"`
	Days    int      `json:"days,omitempty"`
}

// A tokenResult holds the secret of a token that was made.
type tokenResult struct {
	ID      string    `json:"id"`
	Secret  string    `json:"token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// TokenCreate makes a token.
func (l *local) TokenCreate(ctx context.Context, req tokenRequest, _ report) (tokenResult, error) {
	desk := l.desk()
	t, secret, err := desk.CreateToken(actor(ctx), access.Token{
		Purpose: strings.TrimSpace(req.Purpose), Scopes: req.Scopes, Role: queries.Role(req.Role), Units: req.Units,
		ExpiresAt: desk.Clock().Add(time.Duration(req.Days) * 24 * time.Hour).UTC(),
	})
	return tokenResult{t.ID, secret, t.ExpiresAt}, err
}

// TokenRevoke ends a token.
func (l *local) TokenRevoke(ctx context.Context, req tokenRequest, _ report) (tokenResult, error) {
	return tokenResult{ID: req.ID}, l.desk().RevokeToken(actor(ctx), req.ID)
}

// TokenList lists tokens, without their hashes.
func (l *local) TokenList(context.Context, struct{}, report) ([]access.Token, error) {
	return l.access.Tokens(), nil
}

func newTokenCreate(o *options) *cobra.Command {
	var req tokenRequest
	var expires string
	cmd := &cobra.Command{
		Use: "create", Short: "Make a token and print it, once", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if req.Days, err = parseDays(expires); err != nil {
				return err
			}
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			return o.withOperator(cmd.Context(), func(op operator) error {
				made, err := call[tokenResult](cmd.Context(), op, "token create", req, sink{})
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(o.stdout, made)
				}
				fmt.Fprintln(o.stdout, made.Secret)
				fmt.Fprintf(o.stderr, "token %s expires %s; it is not shown again\n", made.ID, made.Expires.Format(time.DateOnly))
				return nil
			})
		},
	}
	cmd.Flags().StringArrayVar(&req.Scopes, "scope", nil, "`SCOPE`: extracts:read, api:read, sql:read or metrics:read; may be repeated")
	cmd.Flags().StringArrayVar(&req.Units, "unit", nil, "org `UNIT`, with all below it; '*' is the company; may be repeated")
	cmd.Flags().StringVar(&req.Role, "role", "", "`ROLE` to act in (default analyst)")
	cmd.Flags().StringVar(&req.Purpose, "purpose", "", "`WHY` the program reads")
	cmd.Flags().StringVar(&expires, "expires", "90d", "`DAYS` it lives, such as 90d; 366d at most")
	o.addFormat(cmd)
	return cmd
}

// parseDays reads a number of days such as 90d.
func parseDays(text string) (int, error) {
	days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || days < 1 || days > 366 {
		return 0, errors.New("--expires " + strconv.Quote(text) + ": want days such as 90d, 366d at most")
	}
	return days, nil
}

func newTokenRevoke(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End a token at once", Args: exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withOperator(cmd.Context(), func(op operator) error {
				if _, err := call[tokenResult](cmd.Context(), op, "token revoke", tokenRequest{ID: args[0]}, sink{}); err != nil {
					return err
				}
				fmt.Fprintf(o.stdout, "token %s revoked\n", args[0])
				return nil
			})
		},
	}
}

func newTokenList(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List tokens, without their secrets", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			return o.withOperator(cmd.Context(), func(op operator) error {
				list, err := call[[]access.Token](cmd.Context(), op, "token list", struct{}{}, sink{})
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(o.stdout, list)
				}
				return o.printTokens(list)
			})
		},
	}
	o.addFormat(cmd)
	return cmd
}

func (o *options) printTokens(list []access.Token) error {
	w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TOKEN\tSTATE\tROLE\tUNITS\tSCOPES\tEXPIRES\tLAST USED\tPURPOSE")
	for _, t := range list {
		state, used := "live", "never"
		switch {
		case t.RevokedAt != nil:
			state = "revoked"
		case !time.Now().Before(t.ExpiresAt):
			state = "expired"
		}
		if t.UsedAt != nil {
			used = t.UsedAt.Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, state, t.Role, strings.Join(t.Units, ","), strings.Join(t.Scopes, ","),
			t.ExpiresAt.Format(time.DateOnly), used, t.Purpose)
	}
	return w.Flush()
}
