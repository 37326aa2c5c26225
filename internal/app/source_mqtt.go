package app

import mqttsource "github.com/millrace/millrace/internal/source/mqtt"

// mqttConnectors makes the connectors of a source that has sources[].mqtt.
func (p *platform) mqttConnectors(s source) ([]connector, error) {
	c := s.MQTT
	if c.URL == "" {
		return nil, nil
	}
	encryption, err := tlsOf(c.TLS, "sources[].mqtt")
	if err != nil {
		return nil, err
	}
	client := c.ClientID
	if client == "" {
		// The folder's name, so that the session is found again and is nobody else's.
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		client = name + "-" + s.Name
	}
	return []connector{mqttsource.New(mqttsource.Config{
		URL: c.URL, TLS: encryption, Version: c.Version, Username: c.Username, Password: c.Password.Reveal(),
		ClientID: client, Topics: c.Topics, Group: c.Group, SessionExpiry: c.SessionExpiry, ReceiveMaximum: c.ReceiveMaximum,
		Payload: c.Payload, IDProperty: c.IDProperty,
		Envelope: s.envelope(), Intake: p.intakeConfig(s), Clock: p.clock, Logger: p.log, Random: p.random.Float64,
	})}, nil
}
