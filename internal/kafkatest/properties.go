package kafkatest

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
)

// Username and Password are those of the one user of a broker with SASL, for
// every mechanism.
const (
	Username = "millrace"
	Password = "a-secret-of-tests"
)

// ports are the addresses a broker listens on.
type ports struct{ client, internal, controller string }

// freePorts finds addresses that nobody listens on at the moment.
func freePorts() (ports, error) {
	var p ports
	for _, address := range []*string{&p.client, &p.internal, &p.controller} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return p, fmt.Errorf("cannot find a free port: %w", err)
		}
		defer l.Close()
		*address = l.Addr().String()
	}
	return p, nil
}

// protocol is the security protocol of the clients' listener.
func (o *Options) protocol() string {
	name := "PLAINTEXT"
	if o.TLS || o.ClientCertificates {
		name = "SSL"
	}
	if o.SASL {
		name = "SASL_" + name
	}
	return name
}

// properties are the broker's configuration. Clients have a listener of their
// own, so that its security is theirs alone.
func (o *Options) properties(dir string, p ports) string {
	all := map[string]string{
		"process.roles":                                    "broker,controller",
		"node.id":                                          "1",
		"controller.quorum.voters":                         "1@" + p.controller,
		"listeners":                                        "CLIENT://" + p.client + ",INTERNAL://" + p.internal + ",CONTROLLER://" + p.controller,
		"advertised.listeners":                             "CLIENT://" + p.client + ",INTERNAL://" + p.internal,
		"listener.security.protocol.map":                   "CLIENT:" + o.protocol() + ",INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name":                       "INTERNAL",
		"controller.listener.names":                        "CONTROLLER",
		"log.dirs":                                         filepath.Join(dir, "data"),
		"offsets.topic.replication.factor":                 "1",
		"offsets.topic.num.partitions":                     "4",
		"transaction.state.log.replication.factor":         "1",
		"transaction.state.log.min.isr":                    "1",
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr":            "1",
		"group.initial.rebalance.delay.ms":                 "0",
		// A broker that was killed may register again when its session is over.
		"broker.session.timeout.ms":    "2000",
		"broker.heartbeat.interval.ms": "500",
		// A cluster in production does not make topics by accident.
		"auto.create.topics.enable": "false",
	}
	if o.TLS || o.ClientCertificates {
		all["listener.name.client.ssl.keystore.type"] = "PEM"
		all["listener.name.client.ssl.keystore.location"] = filepath.Join(dir, "server.pem")
	}
	if o.ClientCertificates {
		all["listener.name.client.ssl.client.auth"] = "required"
		all["listener.name.client.ssl.truststore.type"] = "PEM"
		all["listener.name.client.ssl.truststore.location"] = filepath.Join(dir, "ca.pem")
	}
	if o.SASL {
		const modules = "org.apache.kafka.common.security."
		all["listener.name.client.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
		all["listener.name.client.plain.sasl.jaas.config"] = modules + `plain.PlainLoginModule required user_` + Username + `="` + Password + `";`
		all["listener.name.client.scram-sha-256.sasl.jaas.config"] = modules + "scram.ScramLoginModule required;"
		all["listener.name.client.scram-sha-512.sasl.jaas.config"] = modules + "scram.ScramLoginModule required;"
	}
	maps.Copy(all, o.Properties)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s=%s\n", name, all[name])
	}
	return b.String()
}

// formatArgs are those of the storage tool.
func (o *Options) formatArgs(properties string) []string {
	args := []string{"kafka.tools.StorageTool", "format", "-t", clusterID, "-c", properties}
	if o.SASL {
		for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
			args = append(args, "--add-scram", mechanism+"=[name="+Username+",password="+Password+"]")
		}
	}
	return args
}

// clusterID is any 16 bytes in base64.
const clusterID = "bWlsbHJhY2UtdGVzdHMtMQ"
