using System.Diagnostics;
using System.Threading;
using MSAuth;

static class Cancelling
{
    internal static void EndsAWaitOfAnotherThread()
    {
        using (Client client = Given.Client())
        using (Operation operation = client.Connect("work", Given.ByDeviceCode()))
        {
            Check.Equal(operation.Wait(-1), Progress.Prompt, "the first answer");
            var clock = new Stopwatch();
            var other = new Thread(() =>
            {
                // Nothing tells that a thread is inside a native call.
                Thread.Sleep(100);
                clock.Start();
                operation.Dispose();
            });
            other.Start();
            Check.Equal(operation.Wait(-1), Progress.Failed, "the answer of the wait");
            clock.Stop();
            other.Join();
            Check.Equal(operation.Failure.Status, "cancelled", "the status");
            Check.Equal(operation.Failure.Category, "OperationStopped", "the category");
            Check.That(clock.ElapsedMilliseconds < 300, "the wait ends within 300 ms, not " + clock.ElapsedMilliseconds);
        }
    }
}
