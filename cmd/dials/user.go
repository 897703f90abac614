package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"dials/dashboards/access"
	"dials/queries"
)

const userManual = `Local accounts, and who may see what. [access] local = true lets local accounts
sign in; accounts, grants and tokens are kept in a file beside the warehouse,
DIALS.duckdb.access.json, that only its owner can read.

  dials user add anna --role hr --unit SALES   # the password is read from stdin
  dials user grant anna --role executive --unit '*' --until 2026-12-31
  dials user grant group:controlling --role finance --unit '*'
  dials user bind anna E1042                   # her own person_id: her own line
  dials user disable anna                      # at once

Grants may be for an account, for a reader of the OpenID Connect issuer
(oidc:SUBJECT) or for a group of it (group:NAME). Roles: executive, learning, hr,
finance and analyst over org units; manager (the own line), dpo and admin without.
Roles over different units are never added up: the reader chooses in which to look.`

func newUser(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "user", Short: "Local accounts, and who may see what", Long: userManual, Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUserAdd(o), newUserPasswd(o), newUserDisable(o), newUserEnable(o), newUserList(o), newUserGrant(o), newUserEnd(o), newUserBind(o))
	return cmd
}

// A userRequest names an account, or another principal.
type userRequest struct {
	Name     string   `json:"name"`
	Password string   `json:"password,omitempty"`
	Role     string   `json:"role,omitempty"`
	Units    []string `json:"units,omitempty"`
	From     string   `json:"from,omitempty"`
	Until    string   `json:"until,omitempty"`
	Person   string   `json:"person,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
}

func (r userRequest) grant() access.Grant {
	return access.Grant{Role: queries.Role(r.Role), Units: r.Units, From: r.From, Until: r.Until}
}

// A userResult is what a change came to.
type userResult struct {
	Grant   string   `json:"grant,omitempty"`
	Unknown []string `json:"unknown,omitempty"` // units of a grant that the organisation does not have, yet
}

// A knownUnit is one org unit.
type knownUnit struct {
	UnitID   string  `db:"unit_id"`
	Name     string  `db:"name"`
	UnitType *string `db:"unit_type"`
	ParentID *string `db:"parent_id"`
	Depth    int64   `db:"depth"`
}

// unknownUnits returns those of units that the organisation does not have. A grant
// over one shows nothing until it is there.
func (l *local) unknownUnits(ctx context.Context, units []string) (unknown []string) {
	known, err := queries.All[knownUnit](ctx, queries.Open(l.w.DB()), queries.Loopback(), "units")
	if err != nil {
		return nil // before the first sync nothing is known of units
	}
	for _, unit := range units {
		is := slices.IndexFunc(known.Rows, func(u knownUnit) bool { return u.UnitID == unit })
		if is < 0 && unit != queries.EveryUnit {
			unknown = append(unknown, unit)
		}
	}
	return unknown
}

// UserAdd adds an account.
func (l *local) UserAdd(ctx context.Context, req userRequest, _ report) (userResult, error) {
	var grants []access.Grant
	if req.Role != "" {
		grants = append(grants, req.grant())
	}
	_, err := l.desk().AddAccount(ctx, actor(ctx), req.Name, req.Password, grants, req.Person)
	return userResult{Unknown: l.unknownUnits(ctx, req.Units)}, err
}

// UserPasswd sets a password.
func (l *local) UserPasswd(ctx context.Context, req userRequest, _ report) (userResult, error) {
	return userResult{}, l.desk().SetPassword(ctx, actor(ctx), req.Name, req.Password)
}

// UserDisable ends an account, or lets it sign in again.
func (l *local) UserDisable(ctx context.Context, req userRequest, _ report) (userResult, error) {
	return userResult{}, l.desk().Disable(actor(ctx), req.Name, l.cfg.Access.OIDC.Issuer, req.Disabled)
}

// UserGrant gives a role.
func (l *local) UserGrant(ctx context.Context, req userRequest, _ report) (userResult, error) {
	to, err := l.desk().Find(req.Name, l.cfg.Access.OIDC.Issuer)
	if err != nil {
		return userResult{}, err
	}
	g := req.grant()
	g.To = to
	g, err = l.desk().Grant(actor(ctx), g)
	return userResult{Grant: g.ID, Unknown: l.unknownUnits(ctx, req.Units)}, err
}

// UserEnd ends a grant.
func (l *local) UserEnd(ctx context.Context, req userRequest, _ report) (userResult, error) {
	return userResult{}, l.desk().EndGrant(actor(ctx), req.Name)
}

// UserBind says which person a reader is.
func (l *local) UserBind(ctx context.Context, req userRequest, _ report) (userResult, error) {
	to, err := l.desk().Find(req.Name, l.cfg.Access.OIDC.Issuer)
	if err != nil {
		return userResult{}, err
	}
	if to.Group != "" {
		return userResult{}, errors.New("a group is no person")
	}
	return userResult{}, l.desk().Bind(actor(ctx), to.Identity, req.Person)
}

// change runs a request that answers with nothing to print.
func (o *options) change(ctx context.Context, name string, req userRequest, done string) error {
	return o.withOperator(ctx, func(op operator) error {
		result, err := call[userResult](ctx, op, name, req, sink{})
		if err != nil {
			return err
		}
		for _, unit := range result.Unknown {
			fmt.Fprintf(o.stderr, "warning: the organisation has no unit %q: the grant shows nothing until it has\n", unit)
		}
		if result.Grant != "" {
			done = "grant " + result.Grant + ": " + done
		}
		fmt.Fprintln(o.stdout, done)
		return nil
	})
}

// grantFlags adds the flags of a grant to cmd.
func grantFlags(cmd *cobra.Command, req *userRequest) {
	cmd.Flags().StringVar(&req.Role, "role", "", "`ROLE` to grant")
	cmd.Flags().StringArrayVar(&req.Units, "unit", nil, "org `UNIT` to grant it over, with all below it; '*' is the company; may be repeated")
	cmd.Flags().StringVar(&req.From, "from", "", "first `DAY` of the grant; today if absent")
	cmd.Flags().StringVar(&req.Until, "until", "", "last `DAY` of the grant; open if absent")
}

func newUserAdd(o *options) *cobra.Command {
	var req userRequest
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add an account; its password is read from stdin", Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			req.Name = args[0]
			if req.Password, err = o.readPassword(cmd.InOrStdin()); err != nil {
				return err
			}
			return o.change(cmd.Context(), "user add", req, "account "+req.Name+" added")
		},
	}
	grantFlags(cmd, &req)
	cmd.Flags().StringVar(&req.Person, "person", "", "the `PERSON_ID` of its owner")
	return cmd
}

func newUserPasswd(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "passwd NAME", Short: "Set a password, read from stdin; it ends the account's sessions", Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := o.readPassword(cmd.InOrStdin())
			if err != nil {
				return err
			}
			return o.change(cmd.Context(), "user passwd", userRequest{Name: args[0], Password: password}, "password of "+args[0]+" set")
		},
	}
}

func newUserDisable(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "disable NAME|oidc:SUBJECT", Short: "End an account and its sessions at once", Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.change(cmd.Context(), "user disable", userRequest{Name: args[0], Disabled: true}, "account "+args[0]+" disabled")
		},
	}
}

func newUserEnable(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "enable NAME|oidc:SUBJECT", Short: "Let a disabled account sign in again", Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.change(cmd.Context(), "user disable", userRequest{Name: args[0]}, "account "+args[0]+" enabled")
		},
	}
}

func newUserGrant(o *options) *cobra.Command {
	var req userRequest
	cmd := &cobra.Command{
		Use: "grant NAME|oidc:SUBJECT|group:NAME", Short: "Give a role over org units, from a day on", Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Name = args[0]
			return o.change(cmd.Context(), "user grant", req, req.Role+" to "+req.Name)
		},
	}
	grantFlags(cmd, &req)
	return cmd
}

func newUserEnd(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "end GRANT", Short: "End a grant at once", Args: exactly("GRANT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.change(cmd.Context(), "user end", userRequest{Name: args[0]}, "grant "+args[0]+" ended")
		},
	}
}

func newUserBind(o *options) *cobra.Command {
	none := false
	cmd := &cobra.Command{
		Use: "bind NAME|oidc:SUBJECT PERSON_ID", Short: "Say which person a reader is", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if none != (len(args) == 1) {
				return errors.New("want dials user bind NAME PERSON_ID, or dials user bind NAME --none")
			}
			if none {
				return o.change(cmd.Context(), "user bind", userRequest{Name: args[0]}, args[0]+" is bound to nobody")
			}
			return o.change(cmd.Context(), "user bind", userRequest{Name: args[0], Person: args[1]}, args[0]+" is "+args[1])
		},
	}
	cmd.Flags().BoolVar(&none, "none", false, "end the binding")
	return cmd
}

// readPassword reads one line; from a terminal it is asked for twice and not shown.
func (o *options) readPassword(in io.Reader) (string, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			if err != nil && !errors.Is(err, io.EOF) {
				return "", err
			}
			return "", errors.New("password: stdin is empty: the first line of it is the password")
		}
		return line, nil
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(o.stderr, prompt)
		defer fmt.Fprintln(o.stderr)
		text, err := term.ReadPassword(int(file.Fd()))
		return string(text), err
	}
	first, err := ask("Password: ")
	if err != nil {
		return "", err
	}
	again, err := ask("Again: ")
	if err == nil && again != first {
		err = errors.New("password: the two differ")
	}
	return first, err
}

// A userList is what "dials user list" prints; it holds no hash.
type userList struct {
	Accounts []listedAccount `json:"accounts"`
	Grants   []listedGrant   `json:"grants"`
}

type listedAccount struct {
	Name    string    `json:"name"`
	Issuer  string    `json:"issuer"`
	Subject string    `json:"subject"`
	State   string    `json:"state"`
	Person  string    `json:"person,omitempty"`
	Since   time.Time `json:"since"`
}

type listedGrant struct {
	ID    string   `json:"id"`
	To    string   `json:"to"`
	Role  string   `json:"role"`
	Units []string `json:"units,omitempty"`
	From  string   `json:"from"`
	Until string   `json:"until,omitempty"`
	By    string   `json:"by"`
	Ended bool     `json:"ended,omitempty"`
}

// UserList lists accounts, readers and grants.
func (l *local) UserList(context.Context, struct{}, report) (userList, error) {
	var list userList
	names := map[access.Identity]string{}
	for _, a := range l.access.Accounts() {
		state := "active"
		if a.DisabledAt != nil {
			state = "disabled"
		}
		names[a.ID()] = a.Name
		list.Accounts = append(list.Accounts, listedAccount{a.Name, access.LocalIssuer, a.Subject, state, l.access.Person(a.ID()), a.CreatedAt})
	}
	for _, k := range l.access.Readers() {
		state := "by the issuer"
		if l.access.IsKeptOut(k.Identity) {
			state = "disabled"
		}
		list.Accounts = append(list.Accounts, listedAccount{k.Name, k.Issuer, k.Subject, state, l.access.Person(k.Identity), k.LastAt})
	}
	for _, g := range l.access.Grants() {
		to := names[g.To.Identity]
		switch {
		case g.To.Group != "":
			to = "group:" + g.To.Group
		case to == "":
			to = "oidc:" + g.To.Subject
		}
		list.Grants = append(list.Grants, listedGrant{g.ID, to, string(g.Role), g.Units, g.From, g.Until, g.By, g.EndedAt != nil})
	}
	return list, nil
}

func newUserList(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List accounts and grants", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			return o.withOperator(cmd.Context(), func(op operator) error {
				list, err := call[userList](cmd.Context(), op, "user list", struct{}{}, sink{})
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(o.stdout, list)
				}
				return list.print(o.stdout)
			})
		},
	}
	o.addFormat(cmd)
	return cmd
}

func (list userList) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSIGNS IN\tSTATE\tPERSON")
	for _, a := range list.Accounts {
		how := "local"
		if a.Issuer != access.LocalIssuer {
			how = "oidc:" + a.Subject
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.Name, how, a.State, a.Person)
	}
	fmt.Fprintln(w, "\nGRANT\tTO\tROLE\tUNITS\tFROM\tUNTIL\tBY")
	for _, g := range list.Grants {
		if g.Ended {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", g.ID, g.To, g.Role, strings.Join(g.Units, ","), g.From, g.Until, g.By)
	}
	return w.Flush()
}
