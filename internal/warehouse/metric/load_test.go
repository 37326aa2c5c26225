package metric

import "testing"

func TestDefaultsAreRight(t *testing.T) {
	c, err := Load(Defaults(), Datasets())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range c.All() {
		if m.Area == "" || m.Computed == "" || len(m.Dimensions) == 0 {
			t.Errorf("%s has no area, dimensions or explanation", m.Name)
		}
	}
	t.Log(len(c.All()))
}
