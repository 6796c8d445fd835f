// Loads a Compose file as Docker Compose does, without an engine, and prints the names of its services.
//
// The module's own command cannot do this: it never hands the environment to the loader, so a required variable is
// always missing and a default always wins. Here the env file is the whole environment; the shell's is not looked at.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: compose-loader COMPOSE_FILE ENV_FILE"))
	}
	composeFile, envFile := os.Args[1], os.Args[2]
	options, err := cli.NewProjectOptions(
		[]string{composeFile},
		cli.WithWorkingDirectory(filepath.Dir(composeFile)),
		cli.WithEnvFiles(envFile),
		cli.WithDotEnv,
	)
	if err != nil {
		fail(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		fail(err)
	}
	for _, name := range project.ServiceNames() {
		fmt.Println(name)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
