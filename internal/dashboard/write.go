package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Format writes a board as YAML, each chart in a line.
func Format(b *Board) ([]byte, error) {
	// JSON is YAML, and leaves out what is not set.
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("cannot write the dashboard %q: %w", b.ID, err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("cannot write the dashboard %q: %w", b.ID, err)
	}
	restyle(&doc, 0)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&doc); err != nil {
		return nil, fmt.Errorf("cannot write the dashboard %q: %w", b.ID, err)
	}
	return out.Bytes(), nil
}

// chartDepth is where charts stand: document, board, rows, row, charts, chart.
const chartDepth = 5

// restyle takes quotes away where YAML needs none, and writes charts and lists of words
// within a line.
func restyle(n *yaml.Node, depth int) {
	n.Style = 0
	words := n.Kind == yaml.SequenceNode && (len(n.Content) == 0 || n.Content[0].Kind == yaml.ScalarNode)
	if depth >= chartDepth && n.Kind == yaml.MappingNode || words {
		n.Style = yaml.FlowStyle
	}
	for _, child := range n.Content {
		restyle(child, depth+1)
	}
}
