package config

import "time"

// Dashboards configures dashboards.
type Dashboards struct {
	Dir            string        `yaml:"dir" desc:"Folder of dashboards (*.yaml), which add to those that come with the platform or define them anew. It is read again when a file changes. Empty: none."`
	Parallel       int           `yaml:"parallel" min:"1" max:"64" desc:"Charts that are computed at the same time; further ones wait."`
	ChartTimeout   time.Duration `yaml:"chart_timeout" min:"100ms" max:"10m" desc:"Time after which a chart is given up."`
	Warm           bool          `yaml:"warm" desc:"Whether charts that take long are computed in the background, and kept, before somebody opens their dashboard. They give way to all else."`
	MaxLive        int           `yaml:"max_live" min:"1" max:"10000" desc:"Different live views that are computed; who watches the same shares one."`
	ShareRate      int           `yaml:"share_rate" min:"1" max:"10000" desc:"Requests a second that one shared link may make; beyond it gets 429."`
	FrameAncestors []string      `yaml:"frame_ancestors" desc:"Sites whose pages may show shared dashboards in a frame, such as https://intranet.example.com. None: no site may."`
}

func defaultDashboards() Dashboards {
	return Dashboards{Parallel: 2, ChartTimeout: 10 * time.Second, Warm: true, MaxLive: 32, ShareRate: 20, FrameAncestors: []string{}}
}
