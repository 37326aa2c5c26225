package mapped

import (
	"fmt"
	"strings"
)

// root is where a path begins.
type root uint8

const (
	inDocument root = iota
	inEnvelope
	inItem
	allPayload // the document as it stands
	literal    // no place at all: a text
)

const (
	envelopePrefix = "$envelope"
	payloadPath    = "$payload"
)

// parsePath reads a path: a JSON Pointer (RFC 6901), or names and positions
// behind $ as in JSONPath.
func parsePath(text string) (from root, steps []string, err error) {
	switch {
	case text == payloadPath:
		return allPayload, nil, nil
	case text == envelopePrefix || strings.HasPrefix(text, envelopePrefix+"."):
		from = inEnvelope
		steps, err = parseSteps(text[len(envelopePrefix):])
	case strings.HasPrefix(text, "$"):
		steps, err = parseSteps(text[1:])
	case strings.HasPrefix(text, "/"):
		steps, err = parsePointer(text[1:])
	default:
		err = fmt.Errorf("%q is no path; write /order/id or $.order.id for a place in the document, $envelope.topic for what the door knows", text)
	}
	switch {
	case err != nil:
		return 0, nil, err
	case len(steps) == 0:
		return 0, nil, fmt.Errorf("path %q leads nowhere; name a member, as in /order/id (the whole document is $payload)", text)
	case len(steps) > maxSteps:
		return 0, nil, fmt.Errorf("path %q has %d steps; at most %d are taken", text, len(steps), maxSteps)
	}
	return from, steps, nil
}

func parsePointer(text string) ([]string, error) {
	steps := strings.Split(text, "/")
	for i, s := range steps {
		if s == "" {
			return nil, fmt.Errorf("path \"/%s\" has an empty step", text)
		}
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return steps, nil
}

// parseSteps reads .name, [0] and ['name'].
func parseSteps(text string) (steps []string, err error) {
	for rest := text; rest != ""; {
		var step string
		var ok bool
		switch {
		case strings.HasPrefix(rest, "['"):
			step, rest, ok = strings.Cut(rest[2:], "']")
		case rest[0] == '[':
			if step, rest, ok = strings.Cut(rest[1:], "]"); ok {
				_, ok = position(step)
			}
		case rest[0] == '.':
			rest = rest[1:]
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			step, rest, ok = rest[:end], rest[end:], true
		}
		if !ok || step == "" {
			return nil, fmt.Errorf("path %q cannot be read at %q; steps are .name, [0] and ['name']", "$"+text, rest)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// position reads a step as the position of a list's element.
func position(step string) (int, bool) {
	n := 0
	for i := range len(step) {
		c := step[i]
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, step != "" && (step[0] != '0' || step == "0")
}
