package config

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is a variable of the environment in a secret; "$${" stands for "${".
var reference = regexp.MustCompile(`\$\$\{|\$\{([^}]*)\}?`)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expandSecret replaces each ${NAME} in the text of a secret by the environment
// variable NAME, so that the file can be shown and kept with the code. Errors name
// the variable and never the text around it.
func expandSecret(text string, env map[string]string) (string, error) {
	var err error
	expanded := reference.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$${" {
			return "${"
		}
		name, closed := strings.CutSuffix(match[len("${"):], "}")
		value, set := env[name]
		switch {
		case err != nil:
		case !closed || !variableName.MatchString(name):
			err = fmt.Errorf("it has a ${ that no name of a variable and } follow; write $${ for the text itself")
		case !set:
			err = fmt.Errorf("the environment variable %s, which it refers to, is not set", name)
		case value == "":
			err = fmt.Errorf("the environment variable %s, which it refers to, is empty", name)
		}
		return value
	})
	return expanded, err
}

// variables is an environment, as of os.Environ, by name.
func variables(env []string) map[string]string {
	byName := make(map[string]string, len(env))
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		byName[name] = value
	}
	return byName
}
