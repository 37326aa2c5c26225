package peers.flink;

import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import peers.events.Arguments;

/** The contestant "Flink": the DataStream API on a mini-cluster in this process. */
public final class Main {
    private Main() {
    }

    public static void main(String[] argv) throws Exception {
        Arguments args = new Arguments(argv);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(args.number("parallelism"), configuration(args));
        Topology.build(env, args);
        JobClient job = env.executeAsync(args.text("query"));
        while (job.getJobStatus().get() != JobStatus.RUNNING) {
            Thread.sleep(5);
        }
        Arguments.started();
        job.getJobExecutionResult().get();
        Arguments.finished(0);
        env.close();
        System.exit(0);
    }

    private static Configuration configuration(Arguments args) {
        Configuration c = new Configuration();
        c.setString("state.backend.type", args.text("state"));
        c.setString("execution.checkpointing.incremental", "true");
        c.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
        c.setString("execution.checkpointing.interval", args.text("commit-ms") + " ms");
        c.setString("execution.checkpointing.dir", "file://" + args.text("work") + "/checkpoints");
        c.setString("io.tmp.dirs", args.text("work"));
        c.setString("taskmanager.memory.managed.size", "512m");
        c.setString("taskmanager.memory.network.max", "128m");
        c.setString("taskmanager.memory.network.min", "128m");
        // The documentation's advice: no copies between chained operators, no Kryo.
        c.setString("pipeline.object-reuse", "true");
        c.setString("pipeline.generic-types", "false");
        // Rows of a key that has many open matches are read again and again.
        c.setString("pipeline.cep.sharedbuffer.cache.event-slots", "100000");
        c.setString("pipeline.cep.sharedbuffer.cache.entry-slots", "100000");
        c.setString("restart-strategy.type", "none");
        return c;
    }
}
