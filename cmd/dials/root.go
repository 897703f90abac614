package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const manual = `Dials tells whether what the company did (a tactic) moved what the business
cares about (a dial), and how well that is known.

  dials init DIR        start a project: config.toml, drop folders, templates
  dials demo DIR        or the source files of a fictional company
  dials check           is the configuration right, can the sources be read?
  dials sync            pull the sources, load them, rebuild the models
  dials serve           serve the pages; sync on each source's schedule

Every command reads ./config.toml, or the file that --config names; paths in it
are relative to it. Any key of config.toml can be set by an environment
variable: DIALS_SERVER_LISTEN is listen in [server]. Flags go before both.

Exit codes: 0 done, warnings included; 1 "check" found an error; 2 wrong usage
or an operational failure.`

// options are the flags that all commands share, and where they write.
type options struct {
	configPath     string
	format         string
	stdout, stderr io.Writer
}

// newRoot returns the command line with all its commands.
func newRoot(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use:           "dials",
		Short:         "Did what we did move what we care about?",
		Long:          manual,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q: see \"dials help\"", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.PersistentFlags().StringVar(&o.configPath, "config", "config.toml", "configuration `FILE`")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w: see \"dials help %s\"", err, cmd.Name())
	})
	root.AddCommand(
		newInit(o), newDemo(o), newSources(o), newCheck(o), newSync(o), newServe(o), newExport(o), newBackup(o), newRestore(o), newImport(o), newRejected(o), newMatches(o), newSnapshot(o), newExtracts(o), newEstimate(o), newCalibrate(o), newPlan(o), newAlerts(o), newAudit(o), newPerson(o), newPrivacy(o), newUser(o), newToken(o), newBIWorker(), newVersion(o),
	)
	return root
}

// addFormat adds the --format flag to a command that prints a table.
func (o *options) addFormat(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.format, "format", "text", "`FORMAT` of the answer: text or json")
}

// wantJSON reads the --format flag.
func (o *options) wantJSON() (bool, error) {
	switch o.format {
	case "text":
		return false, nil
	case "json":
		return true, nil
	default:
		return false, fmt.Errorf("--format %q: want text or json", o.format)
	}
}

// exactly refuses any other number of arguments than those that names lists.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("want %s: see \"dials help %s\"",
				strings.Join(append([]string{cmd.CommandPath()}, names...), " "), strings.TrimPrefix(cmd.CommandPath(), "dials "))
		}
		return nil
	}
}
