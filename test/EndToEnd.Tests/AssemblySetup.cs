// Each test measures processes that share the machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
